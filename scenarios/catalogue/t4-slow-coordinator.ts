import type { ScenarioInput } from "../scenario.ts";
import { singleTransaction } from "./single-transaction.ts";

export const t4SlowCoordinator: ScenarioInput = {
  ...singleTransaction,
  name: "t4-slow-coordinator",
  about:
    "The coordinator stands still for 6 s with all votes in, is taken for dead, and then goes on where it was.",
  source: "theory 2.9 T4",
  duration: "10s",
  faults: [
    {
      when: { on: { node: 1, site: "decide", when: "before" } },
      fault: { kind: "pause", node: 1 },
      forUs: "6s",
    },
  ],
  expect: [
    { verdicts: { "one outcome": "holds", "equal data": "holds", "nothing in doubt": "holds" } },
    // It wakes up, and commits by its own log what the others have aborted without it.
    { commit: ["3pc"], others: "any" },
  ],
};
