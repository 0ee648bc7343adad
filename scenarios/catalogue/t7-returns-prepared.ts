import type { ScenarioInput } from "../scenario.ts";
import { singleTransaction } from "./single-transaction.ts";

/** While membership is fixed, nobody is removed: the rest decides or waits, and the one that comes back must follow. */
export const t7ReturnsPrepared: ScenarioInput = {
  ...singleTransaction,
  name: "t7-returns-prepared",
  about: "A member dies after its vote and comes back 3 s later with the transaction still prepared.",
  source: "theory 2.9 T7",
  duration: "6s",
  faults: [
    {
      when: { on: { node: 3, site: "send vote", when: "after" } },
      fault: { kind: "crash", node: 3 },
      forUs: "3s",
    },
  ],
  expect: [{ verdicts: { "one outcome": "holds", "equal data": "holds", "nothing in doubt": "holds" } }],
};
