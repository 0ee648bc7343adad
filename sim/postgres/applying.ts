/**
 * Applying a remote transaction: its row changes one by one, then its row locks, under its replication origin.
 *
 * A change must meet the very version that the origin overwrote (`base`), or the apply fails with LS001: a row that is
 * not there is never skipped, and one that is never overwritten (theory 5.2, I-MISS). Locks are taken as by the
 * statements at the origin, waiting where they wait; foreign keys are not checked, unique constraints are.
 */
import type { Change, PreparedChange, Row, RowChange, RowLock } from "../../protocol/database.ts";
import { applySession } from "../../protocol/database.ts";
import { afterSetting, settingStatements } from "../../protocol/ddl.ts";
import { showGid } from "../../protocol/gid.ts";
import { checkUniques, claimKey } from "./constraints.ts";
import { define } from "./definitions.ts";
import { wrongVersion } from "./errors.ts";
import { acquireLock, lockOnly, NO_KEY_UPDATE, strengthOf, UPDATE } from "./locks.ts";
import { openTable } from "./opening.ts";
import { raiseSequence } from "./sequences.ts";
import type { RowSlot, Server, ServerHost, Table, Transaction, Version } from "./state.ts";
import { ROW_EXCLUSIVE, ROW_SHARE } from "./table-locks.ts";
import { hasKey, newRowNumber, slotFor } from "./tables.ts";
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
  switch (change.kind) {
    case "sequence": {
      const raised = raiseSequence(server, host, tx, change.sequence, change.value);
      if (raised !== true && raised !== null) failTransaction(server, host, tx, raised);
      return raised === true;
    }
    case "ddl":
      for (const each of settingStatements(change.environment)) {
        tx.environment = afterSetting(tx.environment, each);
      }
      return define(server, host, tx, change.statement, change.objects) !== null;
    default:
      return applyRow(server, host, tx, change);
  }
}

/** As applyOne. */
function applyRow(server: Server, host: ServerHost, tx: Transaction, change: RowChange): boolean {
  const table = openTable(server, host, tx, change.table, ROW_EXCLUSIVE);
  if (table === null) return false;
  const slot = tx.step === WRITING ? placeOf(tx, table, change) : tx.target;
  if (slot === null) return failVersion(server, host, tx, change, null);
  if (tx.step === WRITING) {
    tx.target = slot;
    const written =
      change.kind === "insert"
        ? applyInsert(server, host, tx, slot, change)
        : applyOver(server, host, tx, table, slot, change);
    if (!written) return false;
    tx.step = UNIQUES;
  }
  return change.row === null || checkUniques(server, host, tx, slot);
}

/** Where there is no primary key, one row that is all the same, of the same transaction, and if possible free. */
function placeOf(tx: Transaction, table: Table, change: RowChange): RowSlot | null {
  if (hasKey(table)) {
    return change.kind === "insert" ? slotFor(table, change.key) : (table.rows.get(change.key) ?? null);
  }
  if (change.kind === "insert") return slotFor(table, newRowNumber(table));
  let found: RowSlot | null = null;
  for (const slot of table.ordered) {
    const seen = slot.writer === tx.number ? slot.pending : slot.current;
    if (seen === null || seen.gid !== change.base || !isSameRow(seen.row, change.old ?? null)) continue;
    if (slot.holder === 0 || slot.holder === tx.number) return slot;
    found ??= slot;
  }
  return found;
}

function isSameRow(one: Row | null, other: Row | null): boolean {
  if (one === null || other === null || one.length !== other.length) return false;
  return one.every((value, column) => value === other[column]);
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
  const table = openTable(server, host, tx, lock.table, ROW_SHARE);
  if (table === null) return false;
  const slot = hasKey(table)
    ? table.rows.get(lock.key)
    : table.ordered.find((each) => isSameRow(newestVersion(each)?.row ?? null, lock.row ?? null));
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
