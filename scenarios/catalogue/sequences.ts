import type { ScenarioInput } from "../scenario.ts";

export const sequences: ScenarioInput = {
  name: "sequences",
  about: "Every node draws numbers from one sequence, while nodes crash, and no number is drawn twice.",
  source: "mmts 6.3, 9.5 F9",
  duration: "4s",
  workload: { kind: "sequence" },
  protocol: { monotonicSequences: true },
  nemesis: { kinds: ["crash"], lasts: { kind: "uniform", min: "100ms", max: "800ms" } },
  expect: [{ verdicts: { "distinct numbers": "holds", "equal data": "holds" } }],
};
