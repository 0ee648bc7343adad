import type { ScenarioInput } from "../scenario.ts";
import { healing } from "./healing.ts";

/** Longer than a storm, and calmer: most of the time is spent in coming back. */
export const randomDisasters: ScenarioInput = {
  ...healing,
  name: "random-disasters",
  about:
    "A minute of crashes, freezes, cuts, partitions and slow disks drawn from the seed, with time to come back.",
  source: "mmts 8.2 random_disasters (partitions that DROP and that REJECT)",
  duration: "60s",
  workload: {
    kind: "bank",
    accounts: 30,
    transfers: 1,
    think: { kind: "uniform", min: "20ms", max: "200ms" },
  },
  nemesis: {
    kinds: ["crash", "pause", "cut", "partition", "reject", "clock step", "slow fsync", "delay"],
    every: { kind: "uniform", min: "1s", max: "5s" },
    lasts: { kind: "uniform", min: "200ms", max: "6s" },
  },
  expect: [
    { verdicts: { "one outcome": "holds", "acknowledged survives": "holds", "equal data": "holds" } },
    { commit: ["3pc"], others: "any" },
  ],
};
