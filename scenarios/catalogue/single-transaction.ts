/** What T1 to T8 have in common: one transaction of node 1, so that every message is about it. */
import type { ScenarioInput } from "../scenario.ts";

export const singleTransaction = {
  nodes: 3,
  // What the commit protocol does by itself.
  membership: "fixed",
  snapshot: "local",
  duration: "1s",
  workload: { kind: "register", nodes: [1], operations: 1, start: "300ms" },
} as const satisfies Partial<ScenarioInput>;

/** The same in a cluster of five, where more than one node may be lost. */
export const singleTransactionOfFive = { ...singleTransaction, nodes: 5 } as const;
