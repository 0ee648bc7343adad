import type { ScenarioInput } from "../scenario.ts";
import { singleTransaction } from "./single-transaction.ts";

/**
 * Bug 11: a resolver asked again every 3 s, and forgot then what it had asked before; answers that took longer were never
 * of use. Must not happen: attempts without end.
 */
export const bug11SlowAnswers: ScenarioInput = {
  ...singleTransaction,
  name: "bug-11-slow-answers",
  about:
    "The coordinator dies after one message, and answers between the others take longer than it takes to ask again.",
  source: "mmts 9.1 bug 11 (cf089b9, 73ce0c2)",
  network: {
    links: [
      { from: 2, to: 3, latency: "700ms" },
      { from: 3, to: 2, latency: "700ms" },
    ],
  },
  faults: [
    {
      when: { on: { node: 1, site: "second phase", when: "after" } },
      fault: { kind: "crash", node: 1 },
    },
  ],
  expect: [{ verdicts: { "one outcome": "holds", progress: "holds", "equal data": "holds" }, blocks: false }],
};
