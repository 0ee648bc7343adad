import type { ScenarioInput } from "../scenario.ts";

/**
 * Bug 12: of two transactions that conflict one was prepared on {1, 2, 3}, the other on {4, 5}. All nodes fail, and 2, 3 and
 * 5 return: recovery waits for the transactions to be resolved, and resolution for a majority that has prepared. Must not
 * happen: both wait for ever. (Under 2PC, too, they end: 5 has not prepared the one, and 2 has not prepared the other.)
 */
export const bug12TwoInDoubt: ScenarioInput = {
  name: "bug-12-two-in-doubt",
  about:
    "Two transactions that conflict, each prepared on a part of five nodes; all die, and three come back.",
  source: "mmts 9.1 bug 12 (fabe3b6), 1.7",
  nodes: 5,
  duration: "3s",
  settle: "40s",
  workload: {
    kind: "script",
    keys: 1,
    clients: [1, 4].map((node) => ({ node, start: "1s", transactions: [[{ add: node, to: 1 }]] })),
  },
  network: {
    links: [1, 2, 3].flatMap((one) =>
      [4, 5].flatMap((other) => [
        { from: one, to: other, latency: "200ms" },
        { from: other, to: one, latency: "200ms" },
      ]),
    ),
  },
  faults: [
    ...[1, 4].map((node) => ({ when: { at: "1100ms" }, fault: { kind: "crash" as const, node } })),
    ...[2, 3, 5].map((node) => ({
      when: { at: "1100ms" },
      fault: { kind: "crash" as const, node },
      forUs: "2s",
    })),
  ],
  expect: [
    { verdicts: { progress: "holds", "equal data": "holds", "nothing missed": "holds" }, blocks: false },
  ],
};
