import type { ScenarioInput } from "../scenario.ts";

export const crossingUpdates: ScenarioInput = {
  name: "crossing-updates",
  about:
    "Every node updates the same two rows in either order: each pair deadlocks across nodes, and one survives.",
  source: "theory 5.4, 0 finding 7; mmts 6.5, 8.2 006_pgbenchdl",
  duration: "5s",
  workload: { kind: "bank", accounts: 2, transfers: 2, totals: 0, isolation: "read committed" },
  expect: [
    {
      verdicts: {
        "oldest survives": "holds",
        "equal data": "holds",
        "nothing in doubt": "holds",
        progress: "holds",
      },
      blocks: false,
    },
  ],
};
