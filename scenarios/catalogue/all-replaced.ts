import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const allReplaced: ScenarioInput = {
  ...healing,
  name: "all-replaced",
  about:
    "Three new nodes come and the three old ones go, one after the other, while clients write and nodes fail.",
  source: "mmts 5.4 (one change at a time)",
  nodes: 6,
  spares: 3,
  duration: "16s",
  workload: { kind: "bank", accounts: 30, transfers: 1, think: { kind: "uniform", min: "5ms", max: "60ms" } },
  faults: [
    { when: { at: "1s" }, fault: { kind: "join", node: 4 } },
    { when: { at: "4s" }, fault: { kind: "remove", node: 1 } },
    { when: { at: "6s" }, fault: { kind: "join", node: 5 } },
    { when: { at: "7s" }, fault: { kind: "join", node: 6 } },
    { when: { at: "10s" }, fault: { kind: "remove", node: 2 } },
    { when: { at: "12s" }, fault: { kind: "remove", node: 3 } },
  ],
  nemesis: {
    kinds: ["crash", "pause", "cut", "partition", "slow fsync", "delay"],
    every: { kind: "uniform", min: "1s", max: "4s" },
    lasts: { kind: "uniform", min: "200ms", max: "3s" },
  },
  expect: healed,
};
