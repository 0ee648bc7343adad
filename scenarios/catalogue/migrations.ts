import type { ScenarioInput } from "../scenario.ts";

export const migrations: ScenarioInput = {
  name: "migrations",
  about:
    "Tables are created, altered and dropped on every node while others write them, and all schemas stay equal.",
  source: "mmts 6.2; postgres.md E",
  duration: "4s",
  workload: { kind: "ddl" },
  expect: [{ verdicts: { "equal schema": "holds", "equal data": "holds", "nothing in doubt": "holds" } }],
};
