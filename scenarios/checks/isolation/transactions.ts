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
import type { History, Operation, TransactionRecord } from "../../history.ts";
import { ascending } from "./ascending.ts";
import {
  createFloatColumn,
  createIntColumn,
  type FloatColumn,
  floatsOf,
  type IntColumn,
  intsOf,
  pushFloat,
  pushInt,
} from "./columns.ts";
import { createItems, type Items, type ItemTable, itemOf, keyOfRow, tableNamed } from "./items.ts";
import { contradicts, knownRow } from "./own-rows.ts";
import {
  ABSENT,
  type Commits,
  type CommittedTransactions,
  DELETES,
  INITIAL,
  INSERTS,
  type InternalRead,
  NEWEST_UNIT,
  REPEATS,
  SNAPSHOT_UNIT,
  STATEMENT_UNIT,
  type StrayVersion,
  UNKNOWN,
  UNRECORDED_UNIT,
  UNWRITTEN,
  WRITES_UNIT,
} from "./units.ts";

/**
 * `committedGids` is the truth: every transaction that the servers committed. Throws if the history names a table
 * that `tables` lacks, if two records have one gid, or if a transaction committed changes without a gid.
 */
export function committedTransactions(
  history: History,
  tables: readonly TableDefinition[],
  committedGids: ReadonlyMap<Gid, Csn>,
): CommittedTransactions {
  const items = createItems(tables);
  let building = readHistory(history, items, committedGids);
  // What a statement over a whole table missed is known only after all that came and went is known.
  if (building.missesKeys) building = readHistory(history, items, committedGids);
  resolveWriters(building);
  return finish(building, history);
}

function readHistory({ transactions }: History, items: Items, committed: ReadonlyMap<Gid, Csn>): Building {
  const building = createBuilding(items, committed);
  for (let index = 0; index < transactions.length; index++) {
    const record = transactions[index]!;
    if (isCommitted(record, committed)) addTransaction(building, record, index);
  }
  for (const table of items.tables.values()) {
    if (building.wholeTables.has(table) && table.changing.size > 0) building.missesKeys = true;
  }
  return building;
}

interface Building {
  readonly items: Items;
  readonly committed: ReadonlyMap<Gid, Csn>;
  readonly sessions: Map<number, number>;
  readonly writers: Writers;
  /** Committed transactions of the history, and how many of them have a gid. */
  transactions: number;
  recordedGids: number;
  readonly own: OwnWrites;
  /** Tables that some statement read as a whole, and whether it may have missed keys that were not known yet. */
  readonly wholeTables: Set<ItemTable>;
  missesKeys: boolean;
  /** For each item, the number of the last statement that returned it. */
  readonly seenBy: number[];
  statements: number;
  internal: InternalRead | null;
  strayRead: StrayVersion | null;
  strayWrite: StrayVersion | null;
  readonly units: UnitColumns;
  /** Of the reads, and of the first read of each unit. Writers are numbers in `writers` until they are resolved. */
  readonly readStart: IntColumn;
  readonly readItem: IntColumn;
  readonly readWriter: IntColumn;
  readonly writeStart: IntColumn;
  readonly writeItem: IntColumn;
  readonly writeReplaced: IntColumn;
  readonly writeShape: IntColumn;
  readonly writeUnit: IntColumn;
}

interface UnitColumns {
  readonly record: IntColumn;
  readonly kind: IntColumn;
  readonly statement: IntColumn;
  readonly gid: FloatColumn;
  readonly csn: FloatColumn;
  readonly session: IntColumn;
  readonly beganAt: FloatColumn;
  readonly endedAt: FloatColumn;
  readonly labelCsn: FloatColumn;
  readonly labelCount: FloatColumn;
}

/** Gids as small integers, and the unit in which each wrote. */
interface Writers {
  readonly numbers: Map<Gid, number>;
  readonly gids: Gid[];
  readonly units: number[];
}

/** In `Writers.units`: no record with this gid was seen; or it was, and it changed nothing. */
const NO_RECORD = -1;
const NO_WRITES = -2;

/** What the transaction that is being added has written so far. */
interface OwnWrites {
  /** For each item, the number of the last transaction that wrote it, and the place of its write in the lists below. */
  readonly owner: number[];
  readonly place: number[];
  /** How many entries of the lists are this transaction's. */
  count: number;
  readonly item: number[];
  readonly replaced: number[];
  readonly shape: number[];
}

function createBuilding(items: Items, committed: ReadonlyMap<Gid, Csn>): Building {
  const building: Building = {
    items,
    committed,
    sessions: new Map(),
    writers: { numbers: new Map(), gids: [], units: [] },
    transactions: 0,
    recordedGids: 0,
    own: {
      owner: new Array<number>(items.keyOf.length).fill(0),
      place: new Array<number>(items.keyOf.length).fill(0),
      count: 0,
      item: [],
      replaced: [],
      shape: [],
    },
    wholeTables: new Set(),
    missesKeys: false,
    seenBy: new Array<number>(items.keyOf.length).fill(0),
    statements: 0,
    internal: null,
    strayRead: null,
    strayWrite: null,
    units: {
      record: createIntColumn(),
      kind: createIntColumn(),
      statement: createIntColumn(),
      gid: createFloatColumn(),
      csn: createFloatColumn(),
      session: createIntColumn(),
      beganAt: createFloatColumn(),
      endedAt: createFloatColumn(),
      labelCsn: createFloatColumn(),
      labelCount: createFloatColumn(),
    },
    readStart: createIntColumn(),
    readItem: createIntColumn(),
    readWriter: createIntColumn(),
    writeStart: createIntColumn(),
    writeItem: createIntColumn(),
    writeReplaced: createIntColumn(),
    writeShape: createIntColumn(),
    writeUnit: createIntColumn(),
  };
  pushInt(building.readStart, 0);
  pushInt(building.writeStart, 0);
  return building;
}

function isCommitted(record: TransactionRecord, committed: ReadonlyMap<Gid, Csn>): boolean {
  return record.gid === 0 ? record.outcome === "committed" : committed.has(record.gid);
}

function addTransaction(building: Building, record: TransactionRecord, index: number): void {
  building.transactions += 1;
  building.own.count = 0;
  claimGid(building, record);
  const perStatement = record.isolation === "read committed";
  const { operations } = record;
  let first: Operation | null = null;
  let firstWrite: Operation | null = null;
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
  flushOwnWrites(building, record);
  if (!perStatement) endUnit(building, SNAPSHOT_UNIT, record, index, -1, first);
  else if (firstWrite !== null) endUnit(building, WRITES_UNIT, record, index, -1, firstWrite);
}

/** The item, with a place in what is kept for each item while the history is read. */
function itemIn(building: Building, table: ItemTable, key: Key): number {
  const item = itemOf(building.items, table, key);
  if (item === building.seenBy.length) {
    building.seenBy.push(0);
    building.own.owner.push(0);
    building.own.place.push(0);
  }
  return item;
}

function claimGid(building: Building, record: TransactionRecord): void {
  if (record.gid === 0) return;
  const { writers } = building;
  const writer = numberOf(writers, record.gid);
  if (writers.units[writer] !== NO_RECORD) {
    throw new Error(`transaction ${record.id} has the gid ${showGid(record.gid)} of another one`);
  }
  writers.units[writer] = NO_WRITES;
  building.recordedGids += 1;
}

function readRows(building: Building, record: TransactionRecord, index: number, position: number): void {
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
  record: TransactionRecord,
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
  record: TransactionRecord,
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
  record: TransactionRecord,
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

function writeRow(building: Building, record: TransactionRecord, operation: Operation): void {
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

/** Appends the transaction's writes in order of item. A row that it both inserted and deleted leaves nothing. */
function flushOwnWrites(building: Building, record: TransactionRecord): void {
  const { own, writeItem, writeReplaced, writeShape, writeUnit, writers } = building;
  const { count } = own;
  if (count === 0) return;
  const unit = building.units.record.length;
  const places: number[] = [];
  for (let place = 0; place < count; place++) places.push(place);
  if (count > 1) places.sort((one, other) => own.item[one]! - own.item[other]!);
  const before = writeItem.length;
  for (let index = 0; index < count; index++) {
    const place = places[index]!;
    const shape = own.shape[place]!;
    if ((shape & INSERTS) !== 0 && (shape & DELETES) !== 0) continue;
    pushInt(writeItem, own.item[place]!);
    pushInt(writeReplaced, own.replaced[place]!);
    pushInt(writeShape, shape);
    pushInt(writeUnit, unit);
  }
  if (writeItem.length > before) writers.units[numberOf(writers, record.gid)] = unit;
}

function addRead(building: Building, item: number, writer: number): void {
  pushInt(building.readItem, item);
  pushInt(building.readWriter, writer);
}

function endLockedRow(building: Building, record: TransactionRecord, index: number, position: number): void {
  endUnit(building, NEWEST_UNIT, record, index, position, record.operations[position]!);
}

/** Makes one unit of the reads and writes since the last one, unless there are none. `first`: its first statement. */
function endUnit(
  building: Building,
  kind: number,
  record: TransactionRecord,
  index: number,
  position: number,
  first: Operation | null,
): void {
  const { units, readItem, readStart, writeItem, writeStart } = building;
  const unit = units.record.length;
  const writes = writeItem.length > writeStart.values[unit]!;
  if (first === null || (!writes && readItem.length === readStart.values[unit]!)) return;
  const isWhole = position < 0;
  const label = kind === WRITES_UNIT || first.result === null ? null : first.result.snapshot;
  pushInt(units.record, index);
  pushInt(units.kind, kind);
  pushInt(units.statement, position);
  pushFloat(units.gid, writes ? record.gid : 0);
  pushFloat(units.csn, writes ? (building.committed.get(record.gid) ?? 0) : 0);
  pushInt(units.session, sessionOf(building.sessions, record.session));
  pushFloat(units.beganAt, kind === SNAPSHOT_UNIT ? record.beganAt : first.invokedAt);
  pushFloat(units.endedAt, isWhole ? answeredAt(record) : first.completedAt);
  pushFloat(units.labelCsn, label === null ? -1 : label.csn);
  pushFloat(units.labelCount, label === null ? -1 : label.count);
  pushInt(readStart, readItem.length);
  pushInt(writeStart, writeItem.length);
}

function answeredAt(record: TransactionRecord): number {
  return record.outcome === "committed" ? record.endedAt : Number.POSITIVE_INFINITY;
}

function sessionOf(sessions: Map<number, number>, session: number): number {
  const known = sessions.get(session);
  if (known !== undefined) return known;
  sessions.set(session, sessions.size);
  return sessions.size - 1;
}

/** Number of a version's writer. A negative gid is another transaction's own, unfinished row. */
function writerOf(writers: Writers, gid: Gid): number {
  if (gid === 0) return INITIAL;
  return gid < 0 ? UNWRITTEN : numberOf(writers, gid);
}

function numberOf(writers: Writers, gid: Gid): number {
  const known = writers.numbers.get(gid);
  if (known !== undefined) return known;
  const number = writers.gids.length;
  writers.numbers.set(gid, number);
  writers.gids.push(gid);
  writers.units.push(NO_RECORD);
  return number;
}

/** Puts units in place of numbers of writers, and makes units of committed writers that the history does not know. */
function resolveWriters(building: Building): void {
  const { readItem, readStart, readWriter, writeItem, writeReplaced, writers, writeUnit } = building;
  const unrecorded: Unrecorded[] = [];
  const recorded = building.units.record.length;
  for (let unit = 0; unit < recorded; unit++) {
    const end = readStart.values[unit + 1]!;
    for (let read = readStart.values[unit]!; read < end; read++) {
      const number = readWriter.values[read]!;
      if (number === INITIAL || number === ABSENT) continue;
      const item = readItem.values[read]!;
      const writer = resolve(building, unrecorded, number, item);
      readWriter.values[read] = writer;
      if (writer === UNWRITTEN) building.strayRead ??= { unit, item, gid: writers.gids[number] ?? -1 };
    }
  }
  for (let slot = 0; slot < writeItem.length; slot++) {
    const number = writeReplaced.values[slot]!;
    if (number === INITIAL) continue;
    const item = writeItem.values[slot]!;
    const writer = resolve(building, unrecorded, number, item);
    writeReplaced.values[slot] = writer;
    if (writer === UNWRITTEN) {
      building.strayWrite ??= { unit: writeUnit.values[slot]!, item, gid: writers.gids[number] ?? -1 };
    }
  }
  for (const { gid, items } of unrecorded) addUnrecorded(building, gid, items);
}

interface Unrecorded {
  readonly gid: Gid;
  readonly unit: number;
  readonly items: Set<number>;
}

function resolve(building: Building, unrecorded: Unrecorded[], number: number, item: number): number {
  if (number < 0) return UNWRITTEN;
  const { committed, writers, units } = building;
  const unit = writers.units[number]!;
  const recorded = units.record.length;
  if (unit >= 0 && unit < recorded) return unit;
  const gid = writers.gids[number]!;
  if (unit === NO_WRITES || !committed.has(gid)) return UNWRITTEN;
  if (unit === NO_RECORD) {
    writers.units[number] = recorded + unrecorded.length;
    unrecorded.push({ gid, unit: recorded + unrecorded.length, items: new Set([item]) });
    return writers.units[number]!;
  }
  unrecorded[unit - recorded]!.items.add(item);
  return unit;
}

function addUnrecorded(building: Building, gid: Gid, items: Set<number>): void {
  const { units } = building;
  for (const item of [...items].sort((one, other) => one - other)) {
    pushInt(building.writeItem, item);
    pushInt(building.writeReplaced, UNKNOWN);
    pushInt(building.writeShape, 0);
    pushInt(building.writeUnit, units.record.length);
  }
  pushInt(units.record, -1);
  pushInt(units.kind, UNRECORDED_UNIT);
  pushInt(units.statement, -1);
  pushFloat(units.gid, gid);
  pushFloat(units.csn, building.committed.get(gid) ?? 0);
  pushInt(units.session, -1);
  pushFloat(units.beganAt, Number.NEGATIVE_INFINITY);
  pushFloat(units.endedAt, Number.POSITIVE_INFINITY);
  pushFloat(units.labelCsn, -1);
  pushFloat(units.labelCount, -1);
  pushInt(building.readStart, building.readItem.length);
  pushInt(building.writeStart, building.writeItem.length);
}

function orderCommits(committed: ReadonlyMap<Gid, Csn>): Commits {
  const gids = Float64Array.from(committed.keys()).sort();
  const csns = gids.map((gid) => committed.get(gid) ?? 0);
  const order = ascending(csns);
  return {
    csn: csns.map((_, place) => csns[order[place]!]!),
    gid: gids.map((_, place) => gids[order[place]!]!),
  };
}

function finish(building: Building, history: History): CommittedTransactions {
  const { committed, items, units } = building;
  return {
    history,
    items,
    transactions: building.transactions,
    count: units.record.length,
    record: intsOf(units.record),
    kind: Uint8Array.from(intsOf(units.kind)),
    statement: intsOf(units.statement),
    gid: floatsOf(units.gid),
    csn: floatsOf(units.csn),
    session: intsOf(units.session),
    sessions: building.sessions.size,
    beganAt: floatsOf(units.beganAt),
    endedAt: floatsOf(units.endedAt),
    labelCsn: floatsOf(units.labelCsn),
    labelCount: floatsOf(units.labelCount),
    readStart: intsOf(building.readStart),
    readItem: intsOf(building.readItem),
    readWriter: intsOf(building.readWriter),
    writeStart: intsOf(building.writeStart),
    writeItem: intsOf(building.writeItem),
    writeReplaced: intsOf(building.writeReplaced),
    writeShape: Uint8Array.from(intsOf(building.writeShape)),
    writeUnit: intsOf(building.writeUnit),
    commits: orderCommits(committed),
    unrecorded: committed.size - building.recordedGids,
    internal: building.internal,
    strayRead: building.strayRead,
    strayWrite: building.strayWrite,
  };
}
