import type { ScenarioInput } from "../scenario.ts";

export const t8OneWay: ScenarioInput = {
  name: "t8-one-way",
  about: "For 4 s node 3 hears node 1, but node 1 does not hear node 3.",
  source: "theory 2.9 T8",
  duration: "8s",
  faults: [{ when: { at: "1s" }, fault: { kind: "cut", from: [3], to: [1] }, forUs: "4s" }],
  expect: [
    { verdicts: { "one outcome": "holds", "constant total": "holds", "nothing in doubt": "holds" } },
    // Half a link is a partition that 3PC's failure detector takes for a crash.
    { commit: ["3pc"], others: "any" },
  ],
};
