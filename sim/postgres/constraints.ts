/**
 * Unique constraints and foreign keys (not deferrable, NO ACTION), as checked behind a write.
 *
 * Each check may stop the statement (see rows.ts) and is then done again from its start; it returns whether it passed.
 * Foreign-key checks are the queries of src/backend/utils/adt/ri_triggers.c. An applied change runs neither of them
 * (session_replication_role = replica): the key-share locks that travel with it stand in for them.
 */
import { type Key, OWN_WRITE, type Row, type Value } from "../../protocol/database.ts";
import { CONCURRENT_UPDATE, duplicateKey, hasChildren, missingParent } from "./errors.ts";
import { acquireLock, KEY_SHARE, lockOnly, UPDATE, WRITER_ENDS, waitFor } from "./locks.ts";
import { openTable } from "./opening.ts";
import { followRow, seeRow } from "./rows.ts";
import { openCheckSnapshot, releaseCheckSnapshot, visibleVersion } from "./snapshots.ts";
import type { Reference, RowSlot, Server, ServerHost, Table, Transaction, UniqueIndex } from "./state.ts";
import { ROW_SHARE } from "./table-locks.ts";
import { failTransaction } from "./transactions.ts";
import { addToUniques } from "./uniques.ts";
import { newestVersion } from "./versions.ts";

/**
 * Waits until nobody else is writing a row with this key, and takes the lock of the place if it has no row; whether it
 * has one is for the caller to see. As for any unique index, an insert waits for a writer of a row with its key (also for one who does not
 * change the key), but not for those who only lock the row (15, 18).
 */
export function claimKey(server: Server, host: ServerHost, tx: Transaction, slot: RowSlot): boolean {
  if (isWrittenByOther(slot, tx)) {
    waitFor(server, host, tx, slot, WRITER_ENDS);
    return false;
  }
  const newest = newestVersion(slot);
  // Nobody holds the lock of a row that is not there.
  return (newest !== null && newest.row !== null) || acquireLock(server, host, tx, slot, UPDATE);
}

/** The other unique columns of the row that was just written; their values are entered when all have passed. */
export function checkUniques(server: Server, host: ServerHost, tx: Transaction, slot: RowSlot): boolean {
  const { uniques } = slot.table;
  if (uniques.length === 0) return true;
  const row = slot.pending!.row!;
  for (const index of uniques) {
    const value = row[index.column] as Value;
    if (value === null || value === tx.oldRow?.[index.column]) continue;
    if (!checkUnique(server, host, tx, slot, index, value)) return false;
  }
  addToUniques(slot, row, null);
  return true;
}

/**
 * Every foreign key of the row that was just written: locks the parent FOR KEY SHARE. One that the row had before is
 * checked already, unless the transaction had itself written the row before (RI_FKey_fk_upd_check_required; 15, 18).
 */
export function checkParents(server: Server, host: ServerHost, tx: Transaction, slot: RowSlot): boolean {
  const row = slot.pending!.row!;
  for (const reference of slot.table.parents) {
    const value = row[reference.column] as Value;
    const isNew = value !== tx.oldRow?.[reference.column] || tx.replaced === OWN_WRITE;
    if (value === null || !isNew) continue;
    if (!checkParent(server, host, tx, reference, value)) return false;
  }
  return true;
}

/** No row may refer to the one that was just deleted. */
export function checkChildren(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  table: Table,
  key: Key,
): boolean {
  if (table.children.length === 0) return true;
  // Also REPEATABLE READ looks for children of any age here: else a newer one would be orphaned.
  openCheckSnapshot(server, tx);
  for (const reference of table.children) {
    const child = openTable(server, host, tx, reference.child, ROW_SHARE);
    if (child === null) return false;
    for (let index = 0; index < child.ordered.length; index++) {
      if (!checkChild(server, host, tx, reference, child.ordered[index]!, key)) return false;
    }
  }
  releaseCheckSnapshot(server, tx);
  return true;
}

function checkUnique(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  slot: RowSlot,
  index: UniqueIndex,
  value: Value,
): boolean {
  for (const other of index.rows.get(value) ?? []) {
    if (other === slot) continue;
    if (isWrittenByOther(other, tx)) {
      waitFor(server, host, tx, other, WRITER_ENDS);
      return false;
    }
    if (newestVersion(other)?.row?.[index.column] !== value) continue;
    failTransaction(server, host, tx, duplicateKey(index.constraint));
    return false;
  }
  return true;
}

function checkParent(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  reference: Reference,
  value: Key,
): boolean {
  const parent = openTable(server, host, tx, reference.parent, ROW_SHARE);
  if (parent === null) return false;
  const slot = parent.rows.get(value);
  const seen = slot === undefined ? null : seeRow(server, host, tx, slot);
  if (tx.phase !== "running") return false;
  const found =
    slot === undefined || seen === null
      ? null
      : followRow(server, host, tx, slot, seen, KEY_SHARE, CONCURRENT_UPDATE);
  if (tx.phase !== "running") return false;
  if (slot === undefined || found === null) {
    failTransaction(server, host, tx, missingParent(reference));
    return false;
  }
  return lockOnly(server, host, tx, slot, KEY_SHARE);
}

function checkChild(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  reference: Reference,
  slot: RowSlot,
  key: Key,
): boolean {
  const seen = visibleVersion(tx, slot, tx.checkSnapshot);
  if (seen === null || !refersTo(seen.row, reference, key)) return true;
  const found = followRow(server, host, tx, slot, seen, KEY_SHARE, CONCURRENT_UPDATE);
  if (tx.phase !== "running") return false;
  if (found === null || !refersTo(found.row, reference, key)) return true;
  // Who deletes the child right now decides whether it is in the way.
  if (lockOnly(server, host, tx, slot, KEY_SHARE)) failTransaction(server, host, tx, hasChildren(reference));
  return false;
}

function refersTo(row: Row | null, reference: Reference, key: Key): boolean {
  return row !== null && row[reference.column] === key;
}

function isWrittenByOther(slot: RowSlot, tx: Transaction): boolean {
  return slot.writer !== 0 && slot.writer !== tx.number;
}
