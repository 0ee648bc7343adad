/**
 * What is known of a history's versions, in the columns that the isolation ladder reads (isolation/units.ts).
 *
 * The ladder wants one chain of versions for each item. A key whose versions branch becomes several items: the first
 * child of a version goes on with the item of its parent, every other child begins an item of its own, of which
 * whoever read the parent read the initial version. So all dependencies that are sound are there: WR, WW from the
 * parent to each child, RW from whoever read the parent to each child; and between branches there are none.
 */
import type { History, TransactionRecord } from "../../history.ts";
import { createArena } from "../isolation/arena.ts";
import { createIntColumn, intsOf, pushInt } from "../isolation/columns.ts";
import { createItems, type Items } from "../isolation/items.ts";
import { type CommittedTransactions, INITIAL, SNAPSHOT_UNIT } from "../isolation/units.ts";
import { NONE, type VersionOrder } from "../isolation/versions.ts";
import { type Children, INITIAL_VERSION, type KnownVersions } from "./known-versions.ts";
import type { ClientTransaction } from "./transactions.ts";

/** Children of one version whose readers get an edge to each; more are left out, which costs no soundness. */
const MOST_BRANCHES = 32;

/** The items' keys are the places of the history's keys. */
export const ITEM_TABLE = "key";

export interface OrderedUnits {
  readonly units: CommittedTransactions;
  readonly versions: VersionOrder;
}

/** What the checks compute from the columns takes for each, about. */
const BYTES_OF_UNIT = 128;
const BYTES_OF_ACCESS = 32;

export function unitsOf(
  known: KnownVersions,
  children: Children,
  transactions: readonly ClientTransaction<unknown>[],
): OrderedUnits {
  const branches = branch(known, children);
  const slots = placeSlots(known, branches);
  const reads = expandReads(known, children, branches, slots);
  const count = known.committed.length;
  const sessions = sessionsOf(known, transactions);
  const nothing = new Float64Array(count);
  const units: CommittedTransactions = {
    arena: createArena(BYTES_OF_UNIT * count + BYTES_OF_ACCESS * (reads.item.length + slots.item.length)),
    history: recordsOf(known, transactions),
    items: itemsOf(branches.keyOf),
    transactions: count,
    count,
    record: Int32Array.from({ length: count }, (_, unit) => unit),
    kind: new Uint8Array(count).fill(SNAPSHOT_UNIT),
    statement: new Int32Array(count).fill(-1),
    gid: nothing,
    csn: nothing,
    session: sessions.of,
    sessions: sessions.count,
    beganAt: Float64Array.from(known.committed, (transaction) => transactions[transaction]!.invokedAt),
    endedAt: Float64Array.from(known.committed, (transaction) => transactions[transaction]!.completedAt),
    labelCsn: nothing,
    labelCount: nothing,
    readStart: reads.start,
    readItem: reads.item,
    readWriter: reads.version.map((slot) => (slot < 0 ? INITIAL : slots.unit[slot]!)),
    writeStart: slots.start,
    writeItem: slots.item,
    writeReplaced: slots.previous.map((slot) => (slot < 0 ? INITIAL : slots.unit[slot]!)),
    writeShape: new Uint8Array(slots.item.length),
    writeUnit: slots.unit,
    commits: { csn: new Float64Array(0), gid: new Float64Array(0) },
    unrecorded: 0,
    internal: null,
    strayRead: null,
    strayWrite: null,
  };
  return { units, versions: versionOrderOf(branches, slots, reads.version) };
}

interface Branches {
  /** The item of each version, and whether the version is the first of its item. */
  readonly item: Int32Array;
  readonly begins: Uint8Array;
  /** The key of each item; the first items are the keys themselves. */
  readonly keyOf: number[];
  readonly place: Int32Array;
}

function branch({ keys, versionKey }: KnownVersions, { first, firstOfKey, sibling }: Children): Branches {
  const count = versionKey.length;
  const keyOf = keys.map((_, key) => key);
  const branches = { item: new Int32Array(count).fill(-1), begins: new Uint8Array(count), keyOf };
  const place = new Int32Array(count);
  const open: number[] = [];
  const begin = (version: number, item: number): void => {
    branches.item[version] = item;
    branches.begins[version] = 1;
    place[version] = 1;
    open.push(version);
  };
  const beginOwn = (version: number): void => {
    keyOf.push(versionKey[version]!);
    begin(version, keyOf.length - 1);
  };
  const walk = (): void => {
    for (let version = open.pop(); version !== undefined; version = open.pop()) {
      const next = first[version]!;
      if (next < 0) continue;
      for (let other = sibling[next]!; other >= 0; other = sibling[other]!) beginOwn(other);
      if (branches.item[next]! >= 0) continue;
      branches.item[next] = branches.item[version]!;
      place[next] = place[version]! + 1;
      open.push(next);
    }
  };
  for (let key = 0; key < keys.length; key++) {
    const head = firstOfKey[key]!;
    if (head < 0) continue;
    begin(head, key);
    for (let other = sibling[head]!; other >= 0; other = sibling[other]!) beginOwn(other);
    walk();
  }
  // What no walk has reached has parents in a circle; the ladder finds that circle among the reads.
  for (let version = 0; version < count; version++) {
    if (branches.item[version]! < 0) beginOwn(version);
  }
  return { ...branches, place };
}

interface Slots {
  /** The slot of each version, and the version of each slot. */
  readonly ofVersion: Int32Array;
  readonly version: Int32Array;
  readonly start: Int32Array;
  readonly item: Int32Array;
  readonly unit: Int32Array;
  readonly previous: Int32Array;
}

/** A unit's writes ascend by item. */
function placeSlots(known: KnownVersions, { item }: Branches): Slots {
  const { committed, parent, versionUnit } = known;
  const start = new Int32Array(committed.length + 1);
  for (const unit of versionUnit) start[unit + 1]!++;
  for (let unit = 0; unit < committed.length; unit++) start[unit + 1]! += start[unit]!;
  const cursor = start.slice();
  const version = new Int32Array(versionUnit.length);
  for (let index = 0; index < versionUnit.length; index++) version[cursor[versionUnit[index]!]!++] = index;
  for (let unit = 0; unit < committed.length; unit++) {
    if (start[unit + 1]! - start[unit]! < 2) continue;
    version.subarray(start[unit]!, start[unit + 1]!).sort((one, other) => item[one]! - item[other]!);
  }
  const ofVersion = new Int32Array(version.length);
  for (let slot = 0; slot < version.length; slot++) ofVersion[version[slot]!] = slot;
  return {
    ofVersion,
    version,
    start,
    item: version.map((index) => item[index]!),
    unit: version.map((index) => versionUnit[index]!),
    previous: version.map((index) => (parent[index]! < 0 ? INITIAL : ofVersion[parent[index]!]!)),
  };
}

interface Reads {
  readonly start: Int32Array;
  readonly item: Int32Array;
  /** Slot or INITIAL. */
  readonly version: Int32Array;
}

/** Each read of a version, and of the initial version of the items that begin after it. */
function expandReads(known: KnownVersions, children: Children, branches: Branches, slots: Slots): Reads {
  const { committed, readKey, readStart, readVersion } = known;
  const item = createIntColumn();
  const version = createIntColumn();
  const start = new Int32Array(committed.length + 1);
  for (let unit = 0; unit < committed.length; unit++) {
    for (let read = readStart[unit]!; read < readStart[unit + 1]!; read++) {
      const key = readKey[read]!;
      const seen = readVersion[read]!;
      const isInitial = seen === INITIAL_VERSION;
      pushInt(item, isInitial ? key : branches.item[seen]!);
      pushInt(version, isInitial ? INITIAL : slots.ofVersion[seen]!);
      const chained = isInitial ? children.firstOfKey[key]! : children.first[seen]!;
      let other = chained < 0 ? -1 : children.sibling[chained]!;
      for (let branch = 0; branch < MOST_BRANCHES && other >= 0; branch++) {
        pushInt(item, branches.item[other]!);
        pushInt(version, INITIAL);
        other = children.sibling[other]!;
      }
    }
    start[unit + 1] = item.length;
  }
  return { start, item: intsOf(item), version: intsOf(version) };
}

function versionOrderOf(
  { begins, keyOf, place }: Branches,
  slots: Slots,
  readVersion: Int32Array,
): VersionOrder {
  const first = new Int32Array(keyOf.length).fill(NONE);
  const next = new Int32Array(slots.item.length).fill(NONE);
  for (let slot = 0; slot < slots.item.length; slot++) {
    if (begins[slots.version[slot]!] === 1) first[slots.item[slot]!] = slot;
    else if (slots.previous[slot]! >= 0) next[slots.previous[slot]!] = slot;
  }
  return {
    readVersion,
    previous: slots.previous,
    next,
    place: slots.version.map((version) => place[version]!),
    first,
    hasInitialRow: new Uint8Array(keyOf.length).fill(1),
    fork: null,
    strayRead: null,
    strayWrite: null,
  };
}

function sessionsOf(
  { committed }: KnownVersions,
  transactions: readonly ClientTransaction<unknown>[],
): { readonly of: Int32Array; readonly count: number } {
  const numbers = new Map<number, number>();
  const of = committed.map((transaction) => {
    const { process } = transactions[transaction]!;
    const known = numbers.get(process) ?? numbers.size;
    numbers.set(process, known);
    return known;
  });
  return { of, count: numbers.size };
}

function itemsOf(keyOf: readonly number[]): Items {
  const items = createItems([{ name: ITEM_TABLE, columns: ["key"], key: "key" }]);
  const table = items.tables.get(ITEM_TABLE)!;
  for (const key of keyOf) {
    items.tableOf.push(table);
    items.keyOf.push(key);
  }
  return items;
}

/** As much of a record as evidence asks for. A transaction goes by the place of its invocation. */
function recordsOf(
  { committed }: KnownVersions,
  transactions: readonly ClientTransaction<unknown>[],
): History {
  const records: TransactionRecord[] = [];
  for (const transaction of committed) {
    const { completedAt, invokedAt, process } = transactions[transaction]!;
    records.push({
      id: transaction,
      session: process,
      node: 0,
      isolation: "repeatable read",
      beganAt: invokedAt,
      operations: [],
      endingAt: completedAt,
      endedAt: completedAt,
      outcome: "committed",
      gid: 0,
      csn: 0,
      error: null,
    });
  }
  return { transactions: records };
}
