import type { ScenarioInput } from "../scenario.ts";

/** Trips are longer than the clients' starts are apart, so the two surely meet. */
export const twoSessionDeadlock: ScenarioInput = {
  name: "two-session-deadlock",
  about: "Two sessions on different nodes update the same two rows in opposite order: one of them survives.",
  source: "mmts 8.1 and 8.2 t/000_deadlock.pl",
  duration: "3s",
  workload: {
    kind: "script",
    keys: 2,
    clients: [
      {
        node: 1,
        isolation: "read committed",
        start: "1s",
        transactions: [
          [
            { add: 1, to: 1 },
            { add: 1, to: 2 },
          ],
        ],
      },
      {
        node: 2,
        isolation: "read committed",
        start: "1s",
        transactions: [
          [
            { add: 10, to: 2 },
            { add: 10, to: 1 },
          ],
        ],
      },
    ],
  },
  network: {
    links: [
      { from: 1, to: 2, latency: "10ms" },
      { from: 2, to: 1, latency: "10ms" },
    ],
  },
  expect: [
    {
      verdicts: {
        "one outcome": "holds",
        "acknowledged survives": "holds",
        "oldest survives": "holds",
        "equal data": "holds",
        "nothing in doubt": "holds",
        progress: "holds",
      },
      blocks: false,
    },
  ],
};
