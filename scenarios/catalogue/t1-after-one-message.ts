import type { ScenarioInput } from "../scenario.ts";
import { singleTransaction } from "./single-transaction.ts";

/** Under 2PC and Paxos Commit the message is the commit itself: who has it tells the other. */
export const t1AfterOneMessage: ScenarioInput = {
  ...singleTransaction,
  name: "t1-after-one-message",
  about: "The coordinator dies for good when its second phase has reached exactly one member.",
  source: "theory 2.9 T1",
  faults: [
    {
      when: { on: { node: 1, site: "second phase", when: "after" } },
      fault: { kind: "crash", node: 1 },
    },
  ],
  expect: [{ verdicts: { "one outcome": "holds", progress: "holds", "equal data": "holds" }, blocks: false }],
};
