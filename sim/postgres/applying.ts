/**
 * Applying a remote transaction: its row changes one by one, then its row locks, under its replication origin.
 *
 * A change must meet the very version that the origin overwrote (`base`), or the apply fails with LS001: a row that is
 * not there is never skipped, and one that is never overwritten (theory 5.2, I-MISS). Locks are taken as by the
 * statements at the origin, waiting where they wait; foreign keys are not checked, unique constraints are.
 */
import type { Change, PreparedChange, RowChange, RowLock } from "../../protocol/database.ts";
import { applySession } from "../../protocol/database.ts";
import { showGid } from "../../protocol/gid.ts";
import { checkUniques, claimKey } from "./constraints.ts";
import { noTable, wrongVersion } from "./errors.ts";
import { acquireLock, lockOnly, NO_KEY_UPDATE, strengthOf, UPDATE } from "./locks.ts";
import { raiseSequence } from "./sequences.ts";
import type { RowSlot, Server, ServerHost, Table, Transaction, Version } from "./state.ts";
import { slotFor } from "./tables.ts";
import { beginTransaction, failTransaction } from "./transactions.ts";
import { changesUniques } from "./uniques.ts";
import { newestVersion, writeVersion } from "./versions.ts";

export function applyChange(server: Server, host: ServerHost, change: PreparedChange): void {
  const { gid } = change.label;
  const tx = beginTransaction(server, applySession(gid), gid, false);
  tx.busy = true;
  tx.change = change;
  tx.hasXid = true;
  continueApply(server, host, tx);
}

/** From the change or lock that it has reached. */
export function continueApply(server: Server, host: ServerHost, tx: Transaction): void {
  const { rows, locks } = tx.change!;
  for (; tx.position < rows.length; tx.position++) {
    if (!applyOne(server, host, tx, rows[tx.position]!)) return;
    tx.step = WRITING;
  }
  for (; tx.position < rows.length + locks.length; tx.position++) {
    if (!applyLock(server, host, tx, locks[tx.position - rows.length]!)) return;
  }
  tx.busy = false;
  host.reply({ type: "applied", gid: tx.gid });
}

/** Steps of one change. */
const WRITING = 0;
const UNIQUES = 1;

/** @returns whether it is done; if not, the apply waits or has failed */
function applyOne(server: Server, host: ServerHost, tx: Transaction, change: Change): boolean {
  if (change.kind !== "sequence") return applyRow(server, host, tx, change);
  if (raiseSequence(server, change.sequence, change.value)) return true;
  failTransaction(server, host, tx, noTable(change.sequence));
  return false;
}

/** As applyOne. */
function applyRow(server: Server, host: ServerHost, tx: Transaction, change: RowChange): boolean {
  const table = server.tables.get(change.table);
  if (table === undefined) {
    failTransaction(server, host, tx, noTable(change.table));
    return false;
  }
  const slot = change.kind === "insert" ? slotFor(table, change.key) : table.rows.get(change.key);
  if (slot === undefined) return failVersion(server, host, tx, change, null);
  if (tx.step === WRITING) {
    const written =
      change.kind === "insert"
        ? applyInsert(server, host, tx, slot, change)
        : applyOver(server, host, tx, table, slot, change);
    if (!written) return false;
    tx.step = UNIQUES;
  }
  return change.row === null || checkUniques(server, host, tx, slot);
}

function applyInsert(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  slot: RowSlot,
  change: RowChange,
): boolean {
  if (!claimKey(server, host, tx, slot)) return false;
  const found = newestVersion(slot);
  if (found?.row) return failVersion(server, host, tx, change, found);
  writeVersion(server, tx, slot, change.row);
  return true;
}

function applyOver(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  table: Table,
  slot: RowSlot,
  change: RowChange,
): boolean {
  // The row that an UPDATE or DELETE would find by itself: what others have not committed is not there (postgres.md D).
  const seen = slot.writer === tx.number ? slot.pending : slot.current;
  if (seen === null || seen.row === null) return failVersion(server, host, tx, change, null);
  const changesKey =
    change.row === null || (table.uniques.length > 0 && changesUniques(table, change.row, seen.row));
  if (!acquireLock(server, host, tx, slot, changesKey ? UPDATE : NO_KEY_UPDATE)) return false;
  if (seen.gid !== change.base) return failVersion(server, host, tx, change, seen);
  writeVersion(server, tx, slot, change.row);
  return true;
}

function applyLock(server: Server, host: ServerHost, tx: Transaction, lock: RowLock): boolean {
  const slot = server.tables.get(lock.table)?.rows.get(lock.key);
  const seen = slot === undefined || slot.writer === tx.number ? slot?.pending : slot.current;
  if (slot === undefined || !seen?.row) {
    const expected = `a row to lock ${lock.mode}`;
    failTransaction(server, host, tx, wrongVersion(lock.table, lock.key, expected, "none"));
    return false;
  }
  return lockOnly(server, host, tx, slot, strengthOf(lock.mode));
}

function failVersion(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  change: RowChange,
  found: Version | null,
): false {
  const { kind, table, key, base } = change;
  const expected = kind === "insert" ? "no row" : `the version of ${showGid(base)}`;
  const error = wrongVersion(
    table,
    key,
    expected,
    found === null ? "none" : `the version of ${showGid(found.gid)}`,
  );
  failTransaction(server, host, tx, error);
  return false;
}
