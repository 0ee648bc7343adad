/**
 * From the records of a history to the units that the isolation checks look at.
 *
 * Only committed transactions count: a writer if the servers committed its gid, whatever its client was told; a
 * reader if its client was told so. What must look like one transaction:
 * - REPEATABLE READ: the transaction.
 * - READ COMMITTED: every statement reads a snapshot of its own, so each statement's reads are a read-only unit
 *   that lasts as long as the statement, and the writes together are one unit without reads, from the first write
 *   to the answer. So a lost update by reading in one statement and writing in the next is allowed, as on one
 *   PostgreSQL (theory 5.1). A statement that waits for a row lock goes on with the newest version of that row,
 *   beside others of its snapshot (EvalPlanQual); so each row of a locking statement is a unit of its own.
 *
 * Reads are external. A read of a row that the transaction itself changed before must show that change (INT of
 * Cerone, Bernardi and Gotsman, "A Framework for Transactional Consistency Models with Atomic Visibility", CONCUR
 * 2015) and is then left out. A key that was asked for and not found is read too: what was read is its absence. For
 * a statement that reads a whole table, these are the keys that some committed transaction inserted or deleted, so
 * it costs as much as there are of them.
 */
import type { Csn } from "../../../protocol/csn.ts";
import type { Key, Row, TableDefinition } from "../../../protocol/database.ts";
import { type Gid, showGid } from "../../../protocol/gid.ts";
import type { RowHistory, RowOperation, RowTransaction } from "../../history.ts";
import { type Arena, createArena, releaseTo } from "./arena.ts";
import {
  addRead,
  type Building,
  createBuilding,
  type ExpectedSizes,
  endUnit,
  flushOwnWrites,
  itemIn,
  writerOf,
} from "./building.ts";
import { createItems, type Items, type ItemTable, keyOfRow, tableNamed } from "./items.ts";
import { contradicts, knownRow } from "./own-rows.ts";
import { finishUnits } from "./resolving.ts";
import {
  ABSENT,
  type CommittedTransactions,
  DELETES,
  INSERTS,
  NEWEST_UNIT,
  REPEATS,
  SNAPSHOT_UNIT,
  STATEMENT_UNIT,
  WRITES_UNIT,
} from "./units.ts";
import { isCommitted, NO_RECORD, NO_WRITES, numberOf } from "./writers.ts";

/**
 * `committedGids` is the truth: every transaction that the servers committed. Throws if the history names a table
 * that `tables` lacks, if two records have one gid, or if a transaction committed changes without a gid.
 */
export function committedTransactions(
  history: RowHistory,
  tables: readonly TableDefinition[],
  committedGids: ReadonlyMap<Gid, Csn>,
): CommittedTransactions {
  const items = createItems(tables);
  const sizes = expectedSizes(history);
  const arena = createArena(BYTES_OF_UNIT * sizes.units + BYTES_OF_ACCESS * (sizes.reads + sizes.writes));
  let building = readHistory(arena, history, items, committedGids, sizes);
  // What a statement over a whole table missed is known only after all that came and went is known.
  if (building.missesKeys) {
    releaseTo(arena, { block: 0, used: 0 });
    building = readHistory(arena, history, items, committedGids, sizes);
  }
  return finishUnits(building, history);
}

/** What the columns and the checks on them take for each, about. */
const BYTES_OF_UNIT = 256;
const BYTES_OF_ACCESS = 64;

function expectedSizes({ transactions }: RowHistory): ExpectedSizes {
  let units = 0;
  let reads = 0;
  let writes = 0;
  for (const { isolation, operations } of transactions) {
    units += isolation === "read committed" ? 1 + operations.length : 1;
    for (const { statement, result } of operations) {
      if (result === null) continue;
      if (statement.type === "select") reads += result.rows.length;
      else writes += 1;
    }
  }
  return { units, reads, writes };
}

function readHistory(
  arena: Arena,
  { transactions }: RowHistory,
  items: Items,
  committed: ReadonlyMap<Gid, Csn>,
  sizes: ExpectedSizes,
): Building {
  const building = createBuilding(arena, items, committed, sizes);
  for (let index = 0; index < transactions.length; index++) {
    const record = transactions[index]!;
    building.own.writer = record.gid === 0 ? -1 : numberOf(building.writers, record.gid);
    if (countsAsCommitted(building, record)) addTransaction(building, record, index);
  }
  for (const table of items.tables.values()) {
    if (building.wholeTables.has(table) && table.changing.size > 0) building.missesKeys = true;
  }
  return building;
}

function countsAsCommitted({ own, writers }: Building, { outcome }: RowTransaction): boolean {
  return own.writer < 0 ? outcome === "committed" : isCommitted(writers, own.writer);
}

function addTransaction(building: Building, record: RowTransaction, index: number): void {
  building.transactions += 1;
  building.own.count = 0;
  claimGid(building, record);
  const perStatement = record.isolation === "read committed";
  const { operations } = record;
  let first: RowOperation | null = null;
  let firstWrite: RowOperation | null = null;
  for (let position = 0; position < operations.length; position++) {
    const operation = operations[position]!;
    const { statement, result } = operation;
    if (result === null) continue;
    first ??= operation;
    if (statement.type === "select") readRows(building, record, index, position);
    else if (result.count > 0) {
      firstWrite ??= operation;
      writeRow(building, record, operation);
    } else if (statement.type !== "insert") {
      readMissingRow(building, record, index, position, statement.table, statement.key);
    }
    if (perStatement) endUnit(building, STATEMENT_UNIT, record, index, position, operation);
  }
  flushOwnWrites(building);
  if (!perStatement) endUnit(building, SNAPSHOT_UNIT, record, index, -1, first);
  else if (firstWrite !== null) endUnit(building, WRITES_UNIT, record, index, -1, firstWrite);
}

function claimGid(building: Building, record: RowTransaction): void {
  const { own, writers } = building;
  if (own.writer < 0) return;
  if (writers.units.values[own.writer] !== NO_RECORD) {
    throw new Error(`transaction ${record.id} has the gid ${showGid(record.gid)} of another one`);
  }
  writers.units.values[own.writer] = NO_WRITES;
  building.recordedGids += 1;
}

function readRows(building: Building, record: RowTransaction, index: number, position: number): void {
  const { statement, result } = record.operations[position]!;
  if (statement.type !== "select" || result === null) return;
  const { items, own } = building;
  const { rows, versions } = result;
  const table = tableNamed(items, statement.table);
  const eachRow = statement.lock !== undefined && record.isolation === "read committed";
  for (let place = 0; place < rows.length; place++) {
    const row = rows[place]!;
    const item = itemIn(building, table, keyOfRow(table, row));
    if (own.owner[item] === building.transactions) {
      checkOwnRow(building, record, index, position, item, row, versions[place]!);
      continue;
    }
    addRead(building, item, writerOf(building.writers, versions[place]!));
    if (eachRow) endLockedRow(building, record, index, position);
  }
  if (statement.keys === "all") {
    building.wholeTables.add(table);
    if (table.changing.size === 0) return;
    noteSeen(building, table, rows);
    for (const item of table.changing) readIfMissed(building, record, index, position, item, eachRow);
  } else if (rows.length < statement.keys.length) {
    noteSeen(building, table, rows);
    for (let place = 0; place < statement.keys.length; place++) {
      const item = itemIn(building, table, statement.keys[place]!);
      readIfMissed(building, record, index, position, item, eachRow);
    }
  }
}

/** An UPDATE or DELETE that found nothing; under READ COMMITTED it may have waited for the row to go. */
function readMissingRow(
  building: Building,
  record: RowTransaction,
  index: number,
  position: number,
  name: string,
  key: Key,
): void {
  const item = itemIn(building, tableNamed(building.items, name), key);
  building.statements += 1;
  const eachRow = record.isolation === "read committed";
  readIfMissed(building, record, index, position, item, eachRow);
}

function noteSeen(building: Building, table: ItemTable, rows: readonly Row[]): void {
  building.statements += 1;
  for (let place = 0; place < rows.length; place++) {
    building.seenBy[itemIn(building, table, keyOfRow(table, rows[place]!))] = building.statements;
  }
}

function readIfMissed(
  building: Building,
  record: RowTransaction,
  index: number,
  position: number,
  item: number,
  eachRow: boolean,
): void {
  const { own, seenBy } = building;
  if (seenBy[item] === building.statements) return;
  if (own.owner[item] !== building.transactions) {
    addRead(building, item, ABSENT);
    if (eachRow) endLockedRow(building, record, index, position);
  } else if ((own.shape[own.place[item]!]! & DELETES) === 0) {
    building.internal ??= { record: index, item, found: "did not find it" };
  }
}

/** INT: before PREPARE a row has no gid, and the server gives a negative number for a transaction's own. */
function checkOwnRow(
  building: Building,
  record: RowTransaction,
  index: number,
  position: number,
  item: number,
  row: Row,
  version: Gid,
): void {
  if (building.internal !== null) return;
  const isOwn = version < 0 || (version === record.gid && version !== 0);
  const table = building.items.tableOf[item]!;
  const expected = knownRow(record, position, table, building.items.keyOf[item]!);
  if (isOwn && !contradicts(expected, row)) return;
  const found = isOwn ? "read other values" : `read the version of ${showGid(version)}`;
  building.internal = { record: index, item, found };
}

function writeRow(building: Building, record: RowTransaction, operation: RowOperation): void {
  const { items, own, writers } = building;
  const { statement, result } = operation;
  if (statement.type === "select" || result === null) return;
  if (record.gid === 0) throw new Error(`transaction ${record.id} committed changes without a gid`);
  const table = tableNamed(items, statement.table);
  const key = statement.type === "insert" ? keyOfRow(table, statement.row) : statement.key;
  const item = itemIn(building, table, key);
  if (statement.type !== "update") table.changing.add(item);
  const after = statement.type === "delete" ? DELETES : 0;
  if (own.owner[item] === building.transactions) {
    const place = own.place[item]!;
    own.shape[place] = (own.shape[place]! & INSERTS) | REPEATS | after;
    return;
  }
  own.owner[item] = building.transactions;
  const place = own.count++;
  own.place[item] = place;
  own.item[place] = item;
  own.replaced[place] = writerOf(writers, result.replaced);
  own.shape[place] = statement.type === "insert" ? INSERTS : after;
}

function endLockedRow(building: Building, record: RowTransaction, index: number, position: number): void {
  endUnit(building, NEWEST_UNIT, record, index, position, record.operations[position]!);
}
