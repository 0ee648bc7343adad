/**
 * What a transaction manager decides: which snapshot a statement reads, and when a decided commit becomes visible
 * (theory 3.1, reduced to what full copies of the data need; the CSN itself is the maximum of all prepare stamps
 * under every manager, because it is part of the value that the commit protocol agrees on).
 */
import type { SnapshotManagerName } from "../config.ts";
import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import type { NodeState, Session, Transaction } from "../state.ts";
import { keepAbove } from "./clock.ts";

export interface TransactionManager {
  readonly name: SnapshotManagerName;
  /**
   * The CSN that the session's next statement reads at, or 0 for the server's own snapshot. Null: not yet; the
   * manager has set the "snapshot" timer, at which the statement is tried again.
   */
  snapshot(node: NodeState, session: Session, context: Context): Csn | null;
  /** Whether this transaction, if it were decided now with this CSN, would be committed at once. */
  isOpen(node: NodeState, tx: Transaction, csn: Csn): boolean;
  /** The transaction is decided and `held`: commits it, now or when its turn comes. */
  admit(node: NodeState, tx: Transaction, context: Context): void;
  /** Something that a held transaction may have waited for has happened. */
  advance(node: NodeState, context: Context): void;
  /** The transaction's COMMIT PREPARED is done: it is visible. */
  committed(node: NodeState, tx: Transaction, context: Context): void;
}

/** Hands a held transaction to PostgreSQL. */
export function commitNow(node: NodeState, tx: Transaction, context: Context): void {
  tx.local = "committing";
  keepAbove(node, tx.csn, context);
  context.emit({ type: "database", command: { type: "commitPrepared", gid: tx.gid, csn: tx.csn } });
}
