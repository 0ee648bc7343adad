import type { ScenarioInput } from "../scenario.ts";

/** The original's own test of its global snapshots; disabled there in 2017, when they were dropped (mmts 2.2). */
export const cross: ScenarioInput = {
  name: "cross",
  about:
    "Two rows, written by separate transactions on different nodes; do two readers see the writes in opposite orders?",
  source: "mmts 2.1 t/002_cross.pl; theory 7.1 to 7.5, 8",
  duration: "4s",
  workload: {
    kind: "pairs",
    shows: "long fork",
    readers: 2,
    think: { kind: "uniform", min: "0us", max: "500us" },
  },
  expect: [
    { snapshot: ["clock-si", "clock-si-committer"], isolation: "strong session SI" },
    { snapshot: ["local"], isolation: "read committed", isolationAtMost: "PSI" },
  ],
};
