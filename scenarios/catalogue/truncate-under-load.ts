import type { ScenarioInput } from "../scenario.ts";

export const truncateUnderLoad: ScenarioInput = {
  name: "truncate-under-load",
  about:
    "Every node empties a table again and again while others write it: TRUNCATE waits, and is the same everywhere.",
  source: "mmts 8.1 t/000_truncate.pl; 8.2 tests_testgres truncate",
  duration: "3s",
  workload: { kind: "ddl", writers: 3, drafts: 1, truncates: 0.5 },
  expect: [
    {
      verdicts: {
        "equal schema": "holds",
        "equal data": "holds",
        "nothing in doubt": "holds",
        progress: "holds",
      },
    },
  ],
};
