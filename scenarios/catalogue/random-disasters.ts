import type { ScenarioInput } from "../scenario.ts";
import { healing } from "./healing.ts";

/** Longer than a storm, and calmer: most of the time is spent in coming back. */
export const randomDisasters: ScenarioInput = {
  ...healing,
  name: "random-disasters",
  about:
    "A minute of crashes, freezes, cuts, partitions and slow disks drawn from the seed; then a majority is left alone while the others stand still.",
  source: "mmts 8.2 random_disasters (partitions that DROP and that REJECT)",
  duration: "75s",
  workload: {
    kind: "bank",
    accounts: 30,
    transfers: 1,
    totals: 0,
    think: { kind: "uniform", min: "50ms", max: "1s" },
    backoff: { kind: "uniform", min: "20ms", max: "100ms" },
  },
  protocol: { heartbeat: "200ms", suspectBeats: 5 },
  nemesis: {
    kinds: [
      "crash",
      "pause",
      "cut",
      "partition",
      "reject",
      "clock step",
      "clock rate",
      "slow fsync",
      "delay",
    ],
    every: { kind: "uniform", min: "1s", max: "5s" },
    lasts: { kind: "uniform", min: "200ms", max: "6s" },
    majority: "15s",
  },
  expect: [
    { verdicts: { "one outcome": "holds", "acknowledged survives": "holds", "equal data": "holds" } },
    { commit: ["3pc"], others: "any" },
  ],
};
