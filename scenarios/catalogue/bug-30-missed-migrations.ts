import type { ScenarioInput } from "../scenario.ts";

/** Bug 30: DDL was lost in recovery. Must not happen: a node whose schema is another one. */
export const bug30MissedMigrations: ScenarioInput = {
  name: "bug-30-missed-migrations",
  about: "Node 3 is away while tables are created, altered and dropped, and copies all of that in its order.",
  source: "mmts 9.3 bug 30 (43ed03b, PGPRO-1699)",
  duration: "6s",
  settle: "30s",
  workload: { kind: "ddl", think: { kind: "uniform", min: "2ms", max: "20ms" } },
  faults: [{ when: { at: "1s" }, fault: { kind: "crash", node: 3 }, forUs: "2s" }],
  expect: [
    {
      verdicts: {
        "equal schema": "holds",
        "equal data": "holds",
        "nothing in doubt": "holds",
        "nothing missed": "holds",
        progress: "holds",
      },
      blocks: false,
    },
    { commit: ["3pc"], others: "any" },
  ],
};
