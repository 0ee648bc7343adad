/**
 * The columns of units while a history is read: what transactions.ts adds to, and resolving.ts finishes.
 *
 * Reads and writes are added as they come; endUnit makes one unit of those since the last. Writers are small numbers
 * of gids meanwhile, because a version may be read before its writer's record is reached.
 */
import type { Csn } from "../../../protocol/csn.ts";
import type { Key } from "../../../protocol/database.ts";
import type { Gid } from "../../../protocol/gid.ts";
import type { RowOperation, RowTransaction } from "../../history.ts";
import { type Arena, floatsIn, intsIn } from "./arena.ts";
import { sortByKey } from "./ascending.ts";
import {
  createFloatColumn,
  createIntColumn,
  type FloatColumn,
  type IntColumn,
  pushFloat,
  pushInt,
} from "./columns.ts";
import { type Items, type ItemTable, itemOf } from "./items.ts";
import {
  DELETES,
  INITIAL,
  INSERTS,
  type InternalRead,
  SNAPSHOT_UNIT,
  type StrayVersion,
  UNWRITTEN,
  WRITES_UNIT,
} from "./units.ts";
import { createWriters, csnOf, numberOf, type Writers } from "./writers.ts";

export interface Building {
  readonly arena: Arena;
  readonly items: Items;
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

/** What the transaction that is being added has written so far. */
interface OwnWrites {
  /** The transaction's number among the writers; -1 if it has no gid. */
  writer: number;
  /** For each item, the number of the last transaction that wrote it, and the place of its write in the lists below. */
  readonly owner: number[];
  readonly place: number[];
  /** How many entries of the lists are this transaction's. */
  count: number;
  readonly item: number[];
  readonly replaced: number[];
  readonly shape: number[];
  /** Places in order of item, once they are complete. */
  readonly order: IntColumn;
}

/** How many of each are expected: what is missing is made later. */
export interface ExpectedSizes {
  readonly units: number;
  readonly reads: number;
  readonly writes: number;
}

export function createBuilding(
  arena: Arena,
  items: Items,
  committed: ReadonlyMap<Gid, Csn>,
  { units, reads, writes }: ExpectedSizes,
): Building {
  const ints = (length: number): IntColumn => createIntColumn(intsIn(arena, length));
  const floats = (length: number): FloatColumn => createFloatColumn(floatsIn(arena, length));
  const building: Building = {
    arena,
    items,
    sessions: new Map(),
    writers: createWriters(arena, committed),
    transactions: 0,
    recordedGids: 0,
    own: {
      writer: -1,
      owner: new Array<number>(items.keyOf.length).fill(0),
      place: new Array<number>(items.keyOf.length).fill(0),
      count: 0,
      item: [],
      replaced: [],
      shape: [],
      order: createIntColumn(),
    },
    wholeTables: new Set(),
    missesKeys: false,
    seenBy: new Array<number>(items.keyOf.length).fill(0),
    statements: 0,
    internal: null,
    strayRead: null,
    strayWrite: null,
    units: {
      record: ints(units),
      kind: ints(units),
      statement: ints(units),
      gid: floats(units),
      csn: floats(units),
      session: ints(units),
      beganAt: floats(units),
      endedAt: floats(units),
      labelCsn: floats(units),
      labelCount: floats(units),
    },
    readStart: ints(units + 1),
    readItem: ints(reads),
    readWriter: ints(reads),
    writeStart: ints(units + 1),
    writeItem: ints(writes),
    writeReplaced: ints(writes),
    writeShape: ints(writes),
    writeUnit: ints(writes),
  };
  pushInt(building.readStart, 0);
  pushInt(building.writeStart, 0);
  return building;
}

/** The item, with a place in what is kept for each item while the history is read. */
export function itemIn(building: Building, table: ItemTable, key: Key): number {
  const item = itemOf(building.items, table, key);
  if (item === building.seenBy.length) {
    building.seenBy.push(0);
    building.own.owner.push(0);
    building.own.place.push(0);
  }
  return item;
}

/** Number of a version's writer. A negative gid is another transaction's own, unfinished row. */
export function writerOf(writers: Writers, gid: Gid): number {
  if (gid === 0) return INITIAL;
  return gid < 0 ? UNWRITTEN : numberOf(writers, gid);
}

export function addRead(building: Building, item: number, writer: number): void {
  pushInt(building.readItem, item);
  pushInt(building.readWriter, writer);
}

/** Appends the transaction's writes in order of item. A row that it both inserted and deleted leaves nothing. */
export function flushOwnWrites(building: Building): void {
  const { own, writeItem, writeReplaced, writeShape, writeUnit, writers } = building;
  if (own.count === 0) return;
  const unit = building.units.record.length;
  const before = writeItem.length;
  own.order.length = 0;
  for (let place = 0; place < own.count; place++) pushInt(own.order, place);
  sortByKey(own.order.values, 0, own.count, own.item);
  for (let index = 0; index < own.count; index++) {
    const place = own.order.values[index]!;
    const shape = own.shape[place]!;
    if ((shape & INSERTS) !== 0 && (shape & DELETES) !== 0) continue;
    pushInt(writeItem, own.item[place]!);
    pushInt(writeReplaced, own.replaced[place]!);
    pushInt(writeShape, shape);
    pushInt(writeUnit, unit);
  }
  if (writeItem.length > before) writers.units.values[own.writer] = unit;
}

/** Makes one unit of the reads and writes since the last one, unless there are none. `first`: its first statement. */
export function endUnit(
  building: Building,
  kind: number,
  record: RowTransaction,
  index: number,
  position: number,
  first: RowOperation | null,
): void {
  const { own, units, readItem, readStart, writeItem, writers, writeStart } = building;
  const unit = units.record.length;
  const writes = writeItem.length > writeStart.values[unit]!;
  if (first === null || (!writes && readItem.length === readStart.values[unit]!)) return;
  const isWhole = position < 0;
  const label = kind === WRITES_UNIT || first.result === null ? null : first.result.snapshot;
  pushInt(units.record, index);
  pushInt(units.kind, kind);
  pushInt(units.statement, position);
  pushFloat(units.gid, writes ? record.gid : 0);
  pushFloat(units.csn, writes ? csnOf(writers, own.writer) : 0);
  pushInt(units.session, sessionOf(building.sessions, record.session));
  pushFloat(units.beganAt, kind === SNAPSHOT_UNIT ? record.beganAt : first.invokedAt);
  pushFloat(units.endedAt, isWhole ? answeredAt(record) : first.completedAt);
  pushFloat(units.labelCsn, label === null ? -1 : label.csn);
  pushFloat(units.labelCount, label === null ? -1 : label.count);
  pushInt(readStart, readItem.length);
  pushInt(writeStart, writeItem.length);
}

function answeredAt(record: RowTransaction): number {
  return record.outcome === "committed" ? record.endedAt : Number.POSITIVE_INFINITY;
}

function sessionOf(sessions: Map<number, number>, session: number): number {
  const known = sessions.get(session);
  if (known !== undefined) return known;
  sessions.set(session, sessions.size);
  return sessions.size - 1;
}
