/**
 * Statements of clients. Each runs in steps, and a step that has to wait is done again from its start when the wait
 * ends: so a step changes nothing before it can finish.
 */
import type { Csn } from "../../protocol/csn.ts";
import {
  type Assignment,
  type DefinitionStatement,
  type Key,
  OWN_WRITE,
  type Row,
  type RowChange,
  type RowStatement,
  type SequenceStatement,
  type Statement,
  type Value,
} from "../../protocol/database.ts";
import { afterSetting, TRANSACTION_ABORTED } from "../../protocol/ddl.ts";
import type { Gid } from "../../protocol/gid.ts";
import { ProtocolViolation, unreachable } from "../../protocol/violation.ts";
import { noteWrite } from "./concerns.ts";
import { checkChildren, checkParents, checkUniques, claimKey } from "./constraints.ts";
import { define } from "./definitions.ts";
import {
  CONCURRENT_DELETE,
  CONCURRENT_UPDATE,
  duplicateKey,
  noColumn,
  nullKey,
  SNAPSHOT_TOO_OLD,
  tooManyValues,
} from "./errors.ts";
import { acquireLock, lockOnly, NO_KEY_UPDATE, strengthOf, UPDATE } from "./locks.ts";
import { lookUpTable } from "./opening.ts";
import { noteProgress } from "./pieces.ts";
import { bareName } from "./relations.ts";
import { followRow, seeRow } from "./rows.ts";
import { executeSequence } from "./sequences.ts";
import { releaseSnapshot, renewSnapshot, takeSnapshot, visibleVersion } from "./snapshots.ts";
import type { RowSlot, Server, ServerHost, Table, Transaction } from "./state.ts";
import { ACCESS_SHARE, ROW_EXCLUSIVE, ROW_SHARE } from "./table-locks.ts";
import { allKeys, hasKey, newRowNumber, slotFor, sortKeys } from "./tables.ts";
import { failTransaction } from "./transactions.ts";
import { changesUniques } from "./uniques.ts";
import { newestVersion, writeVersion } from "./versions.ts";

type Select = Extract<Statement, { type: "select" }>;
type Insert = Extract<Statement, { type: "insert" }>;
type Update = Extract<Statement, { type: "update" }>;
type Delete = Extract<Statement, { type: "delete" }>;

const NO_ROWS: readonly Row[] = [];
const NO_VERSIONS: readonly Gid[] = [];

/** Steps of a write: the row, then the unique constraints, then the foreign keys. */
const ROW = 0;
const UNIQUES = 1;
const REFERENCES = 2;

export function executeStatement(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  statement: Statement,
  snapshot: Csn,
): void {
  if (tx.phase === "failed") {
    host.reply({ type: "failed", session: tx.session, error: TRANSACTION_ABORTED });
    return;
  }
  tx.busy = true;
  tx.statement = statement;
  tx.step = ROW;
  tx.position = 0;
  tx.replaced = 0;
  tx.target = null;
  if (!takeSnapshot(server, tx, snapshot)) failTransaction(server, host, tx, SNAPSHOT_TOO_OLD);
  else continueStatement(server, host, tx);
}

/**
 * It waited for a table's lock, from which READ COMMITTED goes on with a snapshot of its own; that of REPEATABLE READ
 * was taken before (exec_simple_query in postgres.c).
 */
export function takeSnapshotAgain(server: Server, tx: Transaction): void {
  if (tx.repeatable || server.config.csnVisibility || tx.statement === null || tx.step !== ROW) return;
  releaseSnapshot(server, tx);
  takeSnapshot(server, tx, 0);
}

/** From the beginning of the step in which it is. */
export function continueStatement(server: Server, host: ServerHost, tx: Transaction): void {
  const statement = tx.statement!;
  switch (statement.type) {
    case "select":
    case "insert":
    case "update":
    case "delete":
      return useRows(server, host, tx, statement);
    case "nextval":
    case "setval":
      return useSequence(server, host, tx, statement);
    case "set local":
      tx.environment = afterSetting(tx.environment, statement);
      return complete(server, host, tx, NO_ROWS, NO_VERSIONS, 0);
    default:
      return runDefinition(server, host, tx, statement);
  }
}

function runDefinition(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  statement: DefinitionStatement,
): void {
  const defined = define(server, host, tx, statement, null);
  if (defined === null) return;
  const { table, rows } = defined;
  if (table !== null) {
    for (const row of rows) fill(server, host, tx, table, row);
  }
  complete(server, host, tx, NO_ROWS, NO_VERSIONS, rows.length);
}

/** A row of CREATE TABLE AS, into a table that nobody else has seen and that has no constraints. */
function fill(server: Server, host: ServerHost, tx: Transaction, table: Table, row: Row): void {
  const slot = slotFor(table, newRowNumber(table));
  acquireLock(server, host, tx, slot, UPDATE);
  writeVersion(server, tx, slot, row);
  recordChange(tx, "insert", slot, row, null, 0);
}

function useSequence(server: Server, host: ServerHost, tx: Transaction, statement: SequenceStatement): void {
  const value = executeSequence(server, host, tx, statement);
  if (typeof value === "number") complete(server, host, tx, [[value]], NO_VERSIONS, 1);
  else if (value !== null) failTransaction(server, host, tx, value);
}

function useRows(server: Server, host: ServerHost, tx: Transaction, statement: RowStatement): void {
  const table = lookUpTable(server, host, tx, statement.table, lockFor(statement));
  if (table === null) return;
  switch (statement.type) {
    case "select":
      if (statement.lock !== undefined) return selectWithLock(server, host, tx, table, statement);
      if (statement.keys === "all") return selectAll(server, host, tx, table);
      return selectKeys(server, host, tx, table, statement.keys);
    case "insert":
      return insert(server, host, tx, table, statement);
    case "update":
      return update(server, host, tx, table, statement);
    case "delete":
      return remove(server, host, tx, table, statement);
    default:
      return unreachable(statement);
  }
}

function lockFor(statement: RowStatement): number {
  if (statement.type !== "select") return ROW_EXCLUSIVE;
  return statement.lock === undefined ? ACCESS_SHARE : ROW_SHARE;
}

/** The places of the rows that a key may mean: that of the key itself, or all whose first column has it. */
function slotsOf(tx: Transaction, table: Table, key: Key): readonly RowSlot[] {
  const slot = table.rows.get(key);
  if (hasKey(table)) return slot === undefined ? [] : [slot];
  return table.ordered.filter((each) => visibleVersion(tx, each, tx.snapshot)?.row?.[0] === key);
}

function selectAll(server: Server, host: ServerHost, tx: Transaction, table: Table): void {
  const { ordered } = table;
  const { snapshot } = tx;
  const results: Row[] = [];
  const versions: Gid[] = [];
  for (let index = 0; index < ordered.length; index++) {
    const slot = ordered[index]!;
    let version = slot.current;
    if (slot.writer !== 0 || (version !== null && version.at > snapshot)) {
      version = seeRow(server, host, tx, slot);
      // After the wait all is read again: the snapshot has not changed, so neither has what it sees.
      if (tx.phase !== "running") return;
    }
    if (version === null || version.row === null) continue;
    results.push(version.row);
    versions.push(version.gid);
  }
  complete(server, host, tx, results, versions, results.length);
}

function selectKeys(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  table: Table,
  wanted: readonly Key[],
): void {
  const keys = sortKeys(wanted);
  const results: Row[] = [];
  const versions: Gid[] = [];
  for (let index = 0; index < keys.length; index++) {
    for (const slot of slotsOf(tx, table, keys[index]!)) {
      const version = seeRow(server, host, tx, slot);
      if (tx.phase !== "running") return;
      if (version === null) continue;
      results.push(version.row!);
      versions.push(version.gid);
    }
  }
  complete(server, host, tx, results, versions, results.length);
}

/** Locks row after row, in order of key (LockRows above a Sort), and returns what it has locked. */
function selectWithLock(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  table: Table,
  statement: Select,
): void {
  const mode = strengthOf(statement.lock!);
  tx.keys ??= keysToLock(tx, table, statement.keys);
  tx.results ??= [];
  tx.versions ??= [];
  for (; tx.position < tx.keys.length; tx.position++) {
    const slot = table.rows.get(tx.keys[tx.position]!);
    if (slot !== undefined) lockRow(server, host, tx, slot, mode);
    if (tx.phase !== "running") return;
  }
  const { results, versions } = tx;
  tx.keys = null;
  tx.results = null;
  tx.versions = null;
  complete(server, host, tx, results, versions, results.length);
}

function keysToLock(tx: Transaction, table: Table, keys: Select["keys"]): readonly Key[] {
  if (keys === "all") return allKeys(table);
  if (hasKey(table)) return sortKeys(keys);
  return sortKeys(keys).flatMap((key) => slotsOf(tx, table, key).map((slot) => slot.key));
}

function lockRow(server: Server, host: ServerHost, tx: Transaction, slot: RowSlot, mode: number): void {
  const seen = seeRow(server, host, tx, slot);
  if (seen === null) return;
  const version = followRow(server, host, tx, slot, seen, mode, CONCURRENT_UPDATE);
  if (version === null || !lockOnly(server, host, tx, slot, mode)) return;
  tx.results!.push(version.row!);
  tx.versions!.push(version.gid);
}

function insert(server: Server, host: ServerHost, tx: Transaction, table: Table, statement: Insert): void {
  const row = fillUp(table, statement.row);
  if (row.length > table.columns.size) return failTransaction(server, host, tx, tooManyValues());
  if (hasKey(table) && row[table.keyColumn] === null) {
    return failTransaction(server, host, tx, nullKey(bareName(table.name), table.definition.key!));
  }
  tx.target ??= slotFor(table, hasKey(table) ? row[table.keyColumn]! : newRowNumber(table));
  const slot = tx.target;
  if (tx.step === ROW) {
    if (!claimKey(server, host, tx, slot)) return;
    if (newestVersion(slot)?.row) {
      return failTransaction(server, host, tx, duplicateKey(`${bareName(table.name)}_pkey`));
    }
    writeVersion(server, tx, slot, row);
    recordChange(tx, "insert", slot, row, null, 0);
    tx.step = UNIQUES;
  }
  checkWrite(server, host, tx, slot);
}

/** Values that are left out are the columns' defaults. */
function fillUp(table: Table, row: Row): Row {
  if (row.length >= table.columns.size) return row;
  const whole = row.slice();
  while (whole.length < table.columns.size) whole.push(table.defaults.get(whole.length) ?? null);
  return whole;
}

function update(server: Server, host: ServerHost, tx: Transaction, table: Table, statement: Update): void {
  const slot = tx.step === ROW ? slotsOf(tx, table, statement.key)[0] : tx.target!;
  if (tx.step === ROW && !updateRow(server, host, tx, table, slot, statement)) return;
  checkWrite(server, host, tx, slot!);
}

/** @returns whether a row was updated; if not, the statement is complete, waits or has failed */
function updateRow(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  table: Table,
  slot: RowSlot | undefined,
  { key, set }: Update,
): boolean {
  for (let index = 0; index < set.length; index++) {
    const { column } = set[index]!;
    if (table.columns.has(column)) continue;
    failTransaction(server, host, tx, noColumn(table.name, column));
    return false;
  }
  const seen = slot === undefined ? null : seeRow(server, host, tx, slot);
  if (tx.phase !== "running") return false;
  if (slot === undefined || seen === null) return completeUnchanged(server, host, tx);
  noteWrite(tx, table);
  tx.target = slot;
  const version = followRow(server, host, tx, slot, seen, NO_KEY_UPDATE, CONCURRENT_DELETE);
  if (tx.phase !== "running") return false;
  if (version === null || !isMeant(table, version.row!, key)) return completeUnchanged(server, host, tx);
  const row = assign(table, set, version.row!);
  const changesKey = table.uniques.length > 0 && changesUniques(table, row, version.row!);
  if (!acquireLock(server, host, tx, slot, changesKey ? UPDATE : NO_KEY_UPDATE)) return false;
  tx.replaced = version.gid;
  recordChange(tx, "update", slot, row, version.row, version.gid);
  writeVersion(server, tx, slot, row);
  tx.step = UNIQUES;
  return true;
}

function remove(server: Server, host: ServerHost, tx: Transaction, table: Table, statement: Delete): void {
  const slot = tx.step === ROW ? slotsOf(tx, table, statement.key)[0] : tx.target!;
  if (tx.step === ROW && !removeRow(server, host, tx, table, slot, statement.key)) return;
  if (checkChildren(server, host, tx, table, statement.key)) {
    complete(server, host, tx, NO_ROWS, NO_VERSIONS, 1);
  }
}

/** @returns whether a row was deleted, as updateRow does */
function removeRow(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  table: Table,
  slot: RowSlot | undefined,
  key: Key,
): boolean {
  const seen = slot === undefined ? null : seeRow(server, host, tx, slot);
  if (tx.phase !== "running") return false;
  if (slot === undefined || seen === null) return completeUnchanged(server, host, tx);
  noteWrite(tx, table);
  tx.target = slot;
  const version = followRow(server, host, tx, slot, seen, UPDATE, CONCURRENT_DELETE);
  if (tx.phase !== "running") return false;
  if (version === null || !isMeant(table, version.row!, key)) return completeUnchanged(server, host, tx);
  if (!acquireLock(server, host, tx, slot, UPDATE)) return false;
  tx.replaced = version.gid;
  recordChange(tx, "delete", slot, null, version.row, version.gid);
  writeVersion(server, tx, slot, null);
  tx.step = REFERENCES;
  return true;
}

/** A row that was found by its first column, and was waited for, may have another value there by now. */
function isMeant(table: Table, row: Row, key: Key): boolean {
  return hasKey(table) || row[0] === key;
}

/** What is checked behind an insert or update. */
function checkWrite(server: Server, host: ServerHost, tx: Transaction, slot: RowSlot): void {
  if (tx.step === UNIQUES) {
    if (!checkUniques(server, host, tx, slot)) return;
    renewSnapshot(server, tx);
    tx.step = REFERENCES;
  }
  if (!checkParents(server, host, tx, slot)) return;
  complete(server, host, tx, NO_ROWS, NO_VERSIONS, 1);
}

function recordChange(
  tx: Transaction,
  kind: RowChange["kind"],
  slot: RowSlot,
  row: Row | null,
  oldRow: Row | null,
  base: Gid,
): void {
  const { table, key } = slot;
  if (table.persistence !== "replicated") return;
  if (base === OWN_WRITE) tx.rewroteOwn = true;
  const change: RowChange = { kind, table: table.name, key, row, base };
  tx.changes.push(hasKey(table) || oldRow === null ? change : { ...change, old: oldRow });
}

/** All assignments see the old row. */
function assign(table: Table, set: readonly Assignment[], oldRow: Row): Row {
  const row = oldRow.slice();
  for (let index = 0; index < set.length; index++) {
    const assignment = set[index]!;
    const column = table.columns.get(assignment.column)!;
    if (column === table.keyColumn) {
      throw new ProtocolViolation(`an update of ${table.name} may not change its key`);
    }
    row[column] = "to" in assignment ? assignment.to : plus(oldRow[column]!, assignment.add);
  }
  return row;
}

function plus(value: Value, add: number): Value {
  if (value === null) return null;
  if (typeof value === "string") throw new ProtocolViolation(`${add} cannot be added to "${value}"`);
  return value + add;
}

function completeUnchanged(server: Server, host: ServerHost, tx: Transaction): false {
  complete(server, host, tx, NO_ROWS, NO_VERSIONS, 0);
  return false;
}

function complete(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  rows: readonly Row[],
  versions: readonly Gid[],
  count: number,
): void {
  if (!tx.repeatable) releaseSnapshot(server, tx);
  tx.busy = false;
  tx.statement = null;
  noteProgress(server, host, tx);
  host.reply({
    type: "executed",
    session: tx.session,
    result: { rows, versions, count, replaced: tx.replaced, snapshot: tx.snapshotLabel },
    wrote: tx.wrote,
    ...(tx.temporary ? { temporary: true as const } : {}),
  });
}
