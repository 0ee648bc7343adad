import type { ScenarioInput } from "../scenario.ts";
import { singleTransaction } from "./single-transaction.ts";

export const t1BeforeAnyMessage: ScenarioInput = {
  ...singleTransaction,
  name: "t1-before-any-message",
  about: "The coordinator dies for good with all votes in and nothing said: the window in which 2PC blocks.",
  source: "theory 2.1, 2.9 T1",
  faults: [
    {
      when: { on: { node: 1, site: "decide", when: "before" } },
      fault: { kind: "crash", node: 1 },
    },
  ],
  expect: [
    { verdicts: { progress: "holds" }, blocks: false },
    { commit: ["2pc"], verdicts: { progress: "holds" }, blocks: true },
  ],
};
