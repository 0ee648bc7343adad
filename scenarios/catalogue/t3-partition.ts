import type { ScenarioInput } from "../scenario.ts";
import { singleTransaction } from "./single-transaction.ts";

/** The situation that 3PC's assumptions leave out. */
export const t3Partition: ScenarioInput = {
  ...singleTransaction,
  name: "t3-partition",
  about:
    "When the second phase has reached node 2, the network splits into {1, 2} and {3}, and heals after 5 s.",
  source: "theory 2.2, 2.9 T3",
  duration: "8s",
  faults: [
    {
      when: { on: { node: 1, site: "second phase", when: "after" } },
      fault: { kind: "partition", groups: [[1, 2], [3]] },
      forUs: "5s",
    },
  ],
  expect: [
    { verdicts: { "one outcome": "holds", "equal data": "holds", "nothing in doubt": "holds" } },
    { commit: ["3pc"], verdicts: { "one outcome": "violated", "equal data": "violated" }, others: "any" },
  ],
};
