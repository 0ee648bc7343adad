import type { ScenarioInput } from "../scenario.ts";

type Expectations = NonNullable<ScenarioInput["expect"]>;

/** What a cluster that heals itself is asked to survive: clients on every node, which think long enough to be cheap. */
export const healing = {
  duration: "8s",
  settle: "30s",
  workload: { kind: "bank", accounts: 30, think: { kind: "uniform", min: "2ms", max: "20ms" } },
} as const satisfies Partial<ScenarioInput>;

const STAYS_CORRECT = {
  "one outcome": "holds",
  "acknowledged survives": "holds",
  "equal data": "holds",
  "nothing in doubt": "holds",
  progress: "holds",
} as const;

/** It assumes that who is silent has crashed: what is partitioned, frozen or quickly back breaks that. */
const NOTHING_OF_3PC: Expectations[number] = { commit: ["3pc"], others: "any" };

/** Whatever fails, the rest goes on, and in the end every node is back. */
export const healed: Expectations = [
  {
    verdicts: {
      ...STAYS_CORRECT,
      "one generation": "holds",
      "votes are promises": "holds",
      "generations in order": "holds",
      "nothing missed": "holds",
    },
    blocks: false,
  },
  NOTHING_OF_3PC,
];

/** All is well in the end, whether or not a generation was elected on the way. */
export const wellInTheEnd: Expectations = [{ verdicts: STAYS_CORRECT, blocks: false }, NOTHING_OF_3PC];

/** Nobody is dropped. */
export const nobodyDropped: Expectations = [
  {
    verdicts: { ...STAYS_CORRECT, "votes are promises": "not exercised", "one generation": "not exercised" },
    blocks: false,
  },
  NOTHING_OF_3PC,
];
