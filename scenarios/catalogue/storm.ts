import type { ScenarioInput } from "../scenario.ts";

export const storm: ScenarioInput = {
  name: "storm",
  about:
    "Crashes, pauses, cuts, partitions, bad clocks, slow disks and delays, one upon another, all drawn from the seed.",
  source: "mmts 8.2 random_disasters; tools 1.2",
  duration: "20s",
  settle: "30s",
  nemesis: {
    kinds: ["crash", "pause", "cut", "partition", "clock step", "clock rate", "slow fsync", "delay"],
  },
  expect: [
    { verdicts: { "one outcome": "holds", "acknowledged survives": "holds", "equal data": "holds" } },
    // Partitions and pauses break its assumptions: nothing is promised.
    { commit: ["3pc"], others: "any" },
  ],
};
