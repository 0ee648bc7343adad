/**
 * How a statement comes to a row: it sees a version by its snapshot, follows it to the newest, and locks that.
 *
 * Each function may stop the statement: the transaction then waits or has failed, its phase is no longer "running",
 * and the result means nothing. When a wait ends, the whole way is gone again: what has changed meanwhile is found
 * as if it had been so at first, with the snapshot of before.
 */
import type { SqlError } from "../../protocol/database.ts";
import { CONCURRENT_UPDATE } from "./errors.ts";
import { DOUBT_ENDS, KEY_SHARE, waitFor } from "./locks.ts";
import { isInDoubt, visibleVersion } from "./snapshots.ts";
import type { RowSlot, Server, ServerHost, Transaction, Version } from "./state.ts";
import { failTransaction } from "./transactions.ts";
import { changesSince, DELETED, DELETED_FIRST, KEY_CHANGED, successorOf } from "./versions.ts";

/** The row as the statement's snapshot sees it; null if there is none. A reader waits for a writer in doubt. */
export function seeRow(server: Server, host: ServerHost, tx: Transaction, slot: RowSlot): Version | null {
  if (isInDoubt(server, tx, slot, tx.snapshot)) {
    waitFor(server, host, tx, slot, DOUBT_ENDS);
    return null;
  }
  return visibleVersion(tx, slot, tx.snapshot);
}

/**
 * The version that a write or a lock of this mode is to work on, given the one that the snapshot sees; null if the
 * row is gone. READ COMMITTED goes on with the newest one (EvalPlanQual in execMain.c), but a row that was deleted
 * stays not found, even if its key has been inserted again. REPEATABLE READ fails with 40001, except that FOR KEY
 * SHARE of a row whose key has not changed takes the old version (heap_lock_tuple in heapam.c; 15 and 18).
 *
 * With csnVisibility that is first-committer-wins, and READ COMMITTED too goes on with the newest version instead of
 * taking another snapshot: the row's lock is held, so nothing about it is in doubt.
 */
export function followRow(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  slot: RowSlot,
  seen: Version,
  mode: number,
  errorIfDeleted: SqlError,
): Version | null {
  if (seen === slot.current || slot.writer === tx.number) return seen;
  const changes = changesSince(slot, seen);
  if (!tx.repeatable) return (changes & DELETED) === 0 ? slot.current : null;
  if (mode === KEY_SHARE && (changes & KEY_CHANGED) === 0) return seen;
  const deleted = (successorOf(slot, seen).change & DELETED_FIRST) !== 0;
  failTransaction(server, host, tx, deleted ? errorIfDeleted : CONCURRENT_UPDATE);
  return null;
}
