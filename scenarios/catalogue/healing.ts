import type { ScenarioInput } from "../scenario.ts";

/** What a cluster that heals itself is asked to survive: clients on every node, which think long enough to be cheap. */
export const healing = {
  duration: "8s",
  settle: "30s",
  workload: { kind: "bank", accounts: 30, think: { kind: "uniform", min: "2ms", max: "20ms" } },
} as const satisfies Partial<ScenarioInput>;

/** Whatever fails, the rest goes on, and in the end every node is back. */
export const healed: NonNullable<ScenarioInput["expect"]> = [
  {
    verdicts: {
      "one outcome": "holds",
      "acknowledged survives": "holds",
      "one generation": "holds",
      "votes are promises": "holds",
      "generations in order": "holds",
      "nothing missed": "holds",
      "equal data": "holds",
      "nothing in doubt": "holds",
      progress: "holds",
    },
    blocks: false,
  },
  // It assumes that who is silent has crashed: what is partitioned or frozen breaks that.
  { commit: ["3pc"], others: "any" },
];
