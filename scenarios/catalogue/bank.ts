import type { ScenarioInput } from "../scenario.ts";

export const bank: ScenarioInput = {
  name: "bank",
  about: "Money moves between accounts on every node while totals are read on every node; nothing fails.",
  source: "mmts 8.1 test_recovery.normal_operations",
  expect: [
    {
      verdicts: {
        "one outcome": "holds",
        "acknowledged survives": "holds",
        "constant total": "holds",
        "equal data": "holds",
        "nothing in doubt": "holds",
      },
      blocks: false,
    },
  ],
};
