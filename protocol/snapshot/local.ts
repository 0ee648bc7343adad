/**
 * `local`: no global snapshot, as the original since 2018 (theory 3.2, mmts 2.2).
 *
 * A transaction reads what its own server shows, and becomes visible on each node whenever that node commits it.
 * Conflicting transactions commit in the same order everywhere; others may appear in different orders on different
 * nodes (long fork, and even effects before their causes): "update atomic" is what a reader can rely on.
 */
import { commitNow, type TransactionManager } from "./transaction-manager.ts";

export const local: TransactionManager = {
  name: "local",
  snapshot: () => 0,
  isOpen: () => true,
  admit: commitNow,
  advance: () => {},
  committed: () => {},
};
