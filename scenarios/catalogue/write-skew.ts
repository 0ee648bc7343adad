import type { ScenarioInput } from "../scenario.ts";

export const writeSkew: ScenarioInput = {
  name: "write-skew",
  about: "Transactions that read two rows and switch one off: snapshot isolation lets two of them cross.",
  source: "theory 4.1; Berenson et al., SIGMOD 1995",
  duration: "4s",
  workload: {
    kind: "pairs",
    shows: "write skew",
    readers: 1,
    think: { kind: "uniform", min: "0us", max: "500us" },
  },
  expect: [
    {
      snapshot: ["clock-si", "clock-si-committer"],
      isolation: "strong session SI",
      isolationAtMost: "strong SI",
    },
  ],
};
