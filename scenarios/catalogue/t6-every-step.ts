import type { ScenarioInput } from "../scenario.ts";

/** The effect boundaries of a commit, in order; those that a protocol lacks do not happen under it. */
const STEPS = [
  "database prepare",
  "send vote",
  "decide",
  "second phase",
  "persist precommit",
  "persist e3pc",
  "persist paxos-commit",
  "persist decision",
  "send ack",
  "database commitPrepared",
  "send commit",
  "answer committed",
  "send finished",
] as const;

const SPAN_MS = 2_000;

export const t6EveryStep: ScenarioInput = {
  name: "t6-every-step",
  about:
    "One node after another dies before or after every step of a commit, and comes back half a second later.",
  source: "theory 2.9 T6; mmts 1.8",
  duration: `${STEPS.length * 2 * SPAN_MS + 1_000}ms`,
  settle: "20s",
  workload: {
    kind: "bank",
    accounts: 30,
    transfers: 1,
    totals: 1,
    think: { kind: "uniform", min: "1ms", max: "20ms" },
  },
  faults: STEPS.flatMap((site, step) =>
    (["before", "after"] as const).map((when, index) => {
      const turn = 2 * step + index;
      const node = 1 + (turn % 3);
      const from = `${500 + turn * SPAN_MS}ms`;
      return {
        when: { on: { node, site, when, from } },
        fault: { kind: "crash" as const, node },
        forUs: "500ms",
      };
    }),
  ),
  expect: [
    {
      verdicts: {
        "one outcome": "holds",
        "acknowledged survives": "holds",
        "constant total": "holds",
        "equal data": "holds",
        "nothing in doubt": "holds",
      },
    },
    // A node that restarts within a heartbeat timeout, or a slow one, is not the crash that 3PC assumes.
    { commit: ["3pc"], others: "any" },
  ],
};
