import type { ScenarioInput } from "../scenario.ts";

export const orphans: ScenarioInput = {
  name: "orphans",
  about: "Children are inserted on one node while their parents are deleted on another.",
  source: "theory 5.2, 5.3, 8",
  duration: "4s",
  workload: { kind: "family" },
  expect: [{ verdicts: { integrity: "holds", "equal data": "holds", "nothing in doubt": "holds" } }],
};
