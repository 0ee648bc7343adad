import type { ScenarioInput } from "../scenario.ts";
import { singleTransactionOfFive } from "./single-transaction.ts";

/**
 * Node 1 coordinates; node 2 is the first to resolve, and dies too when its own proposal has reached one node. Three of
 * five are left, with two different terms among them. Quorum 3PC would be stuck here for ever.
 */
export const t2Cascade: ScenarioInput = {
  ...singleTransactionOfFive,
  name: "t2-cascade",
  about: "The coordinator dies after one message, then the new coordinator after one message of its own.",
  source: "theory 2.3, 2.9 T2",
  settle: "30s",
  faults: [
    {
      when: { on: { node: 1, site: "second phase", when: "after" } },
      fault: { kind: "crash", node: 1 },
    },
    ...(["send precommit", "send preabort", "send accept"] as const).map((site) => ({
      when: { on: { node: 2, site, when: "after" as const, nth: 2 } },
      fault: { kind: "crash" as const, node: 2 },
    })),
  ],
  expect: [{ verdicts: { "one outcome": "holds", progress: "holds", "equal data": "holds" }, blocks: false }],
};
