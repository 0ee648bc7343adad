import type { ScenarioInput } from "../scenario.ts";

export const largeTransactions: ScenarioInput = {
  name: "large-transactions",
  about:
    "Write sets leave in pieces before they are prepared, and some are rolled back, while connections break.",
  source: "postgres.md F; mmts 9.1 bug 15 (e30b590)",
  duration: "3s",
  workload: { kind: "bulk" },
  database: { decodingMemoryRows: 10 },
  nemesis: {
    kinds: ["cut", "crash"],
    every: { kind: "uniform", min: "200ms", max: "700ms" },
    lasts: { kind: "uniform", min: "50ms", max: "400ms" },
  },
  expect: [{ verdicts: { "equal data": "holds", "nothing in doubt": "holds" } }],
};
