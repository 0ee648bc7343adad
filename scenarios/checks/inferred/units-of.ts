/**
 * What is known of a history's versions, in the columns that the isolation ladder reads (isolation/units.ts).
 *
 * The ladder wants one chain of versions for each item. A key whose versions branch becomes several items: the first
 * child of a version goes on with the item of its parent, every other child begins an item of its own, of which
 * whoever read the parent read the initial version. So all dependencies that are sound are there: WR, WW from the
 * parent to each child, RW from whoever read the parent to each child; and between branches there are none.
 */
import { type Arena, bytesIn, floatsIn, intsIn } from "../isolation/arena.ts";
import { sortByKey } from "../isolation/ascending.ts";
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

export function unitsOf(
  known: KnownVersions,
  children: Children,
  transactions: readonly ClientTransaction<unknown>[],
): OrderedUnits {
  const { arena, committed } = known;
  const branches = branch(known, children);
  const slots = placeSlots(known, branches);
  const reads = expandReads(known, children, branches, slots);
  const count = committed.length;
  const sessions = sessionsOf(known, transactions);
  const nothing = floatsIn(arena, count);
  const units: CommittedTransactions = {
    arena,
    history: { transactions: [] },
    items: itemsOf(branches.keyOf),
    transactions: count,
    count,
    record: committed,
    kind: bytesIn(arena, count).fill(SNAPSHOT_UNIT),
    statement: intsIn(arena, count).fill(-1),
    gid: nothing,
    csn: nothing,
    session: sessions.of,
    sessions: sessions.count,
    ...timesOf(known, transactions),
    labelCsn: nothing,
    labelCount: nothing,
    readStart: reads.start,
    readItem: reads.item,
    readWriter: writersOf(arena, reads.version, slots),
    writeStart: slots.start,
    writeItem: slots.item,
    writeReplaced: writersOf(arena, slots.previous, slots),
    writeShape: bytesIn(arena, slots.item.length),
    writeUnit: slots.unit,
    commits: { csn: new Float64Array(0), gid: new Float64Array(0) },
    unrecorded: 0,
    internal: null,
    strayRead: null,
    strayWrite: null,
  };
  return { units, versions: versionOrderOf(arena, branches, slots, reads.version) };
}

function timesOf(
  { arena, committed }: KnownVersions,
  transactions: readonly ClientTransaction<unknown>[],
): Pick<CommittedTransactions, "beganAt" | "endedAt"> {
  const beganAt = floatsIn(arena, committed.length);
  const endedAt = floatsIn(arena, committed.length);
  for (let unit = 0; unit < committed.length; unit++) {
    const { completedAt, invokedAt } = transactions[committed[unit]!]!;
    beganAt[unit] = invokedAt;
    endedAt[unit] = completedAt;
  }
  return { beganAt, endedAt };
}

/** The unit of each slot, or INITIAL. */
function writersOf(arena: Arena, versions: Int32Array, slots: Slots): Int32Array {
  const writers = intsIn(arena, versions.length);
  for (let index = 0; index < versions.length; index++) {
    const slot = versions[index]!;
    writers[index] = slot < 0 ? INITIAL : slots.unit[slot]!;
  }
  return writers;
}

interface Branches {
  /** The item of each version, and whether the version is the first of its item. */
  readonly item: Int32Array;
  readonly begins: Uint8Array;
  /** The key of each item; the first items are the keys themselves. */
  readonly keyOf: number[];
  readonly place: Int32Array;
}

function branch(
  { arena, keys, versionKey }: KnownVersions,
  { first, firstOfKey, sibling }: Children,
): Branches {
  const count = versionKey.length;
  const keyOf = keys.map((_, key) => key);
  const branches = { item: intsIn(arena, count).fill(-1), begins: bytesIn(arena, count), keyOf };
  const place = intsIn(arena, count);
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
  const { arena, committed, parent, versionUnit } = known;
  const count = versionUnit.length;
  const start = intsIn(arena, committed.length + 1);
  for (const unit of versionUnit) start[unit + 1]!++;
  for (let unit = 0; unit < committed.length; unit++) start[unit + 1]! += start[unit]!;
  const cursor = intsIn(arena, start.length);
  cursor.set(start);
  const version = intsIn(arena, count);
  for (let index = 0; index < count; index++) version[cursor[versionUnit[index]!]!++] = index;
  for (let unit = 0; unit < committed.length; unit++) {
    sortByKey(version, start[unit]!, start[unit + 1]!, item);
  }
  const ofVersion = intsIn(arena, count);
  for (let slot = 0; slot < count; slot++) ofVersion[version[slot]!] = slot;
  const slots: Slots = {
    ofVersion,
    version,
    start,
    item: intsIn(arena, count),
    unit: intsIn(arena, count),
    previous: intsIn(arena, count),
  };
  for (let slot = 0; slot < count; slot++) {
    const index = version[slot]!;
    slots.item[slot] = item[index]!;
    slots.unit[slot] = versionUnit[index]!;
    slots.previous[slot] = parent[index]! < 0 ? INITIAL : ofVersion[parent[index]!]!;
  }
  return slots;
}

interface Reads {
  readonly start: Int32Array;
  readonly item: Int32Array;
  /** Slot or INITIAL. */
  readonly version: Int32Array;
}

/** Each read of a version, and of the initial version of the items that begin after it. */
function expandReads(known: KnownVersions, children: Children, branches: Branches, slots: Slots): Reads {
  const { arena, committed, readKey, readStart, readVersion } = known;
  const item = createIntColumn(intsIn(arena, readKey.length));
  const version = createIntColumn(intsIn(arena, readKey.length));
  const start = intsIn(arena, committed.length + 1);
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
  arena: Arena,
  { begins, keyOf, place }: Branches,
  slots: Slots,
  readVersion: Int32Array,
): VersionOrder {
  const first = intsIn(arena, keyOf.length).fill(NONE);
  const next = intsIn(arena, slots.item.length).fill(NONE);
  const places = intsIn(arena, slots.item.length);
  for (let slot = 0; slot < slots.item.length; slot++) {
    places[slot] = place[slots.version[slot]!]!;
    if (begins[slots.version[slot]!] === 1) first[slots.item[slot]!] = slot;
    else if (slots.previous[slot]! >= 0) next[slots.previous[slot]!] = slot;
  }
  return {
    readVersion,
    previous: slots.previous,
    next,
    place: places,
    first,
    hasInitialRow: bytesIn(arena, keyOf.length).fill(1),
    fork: null,
    strayRead: null,
    strayWrite: null,
  };
}

function sessionsOf(
  { arena, committed }: KnownVersions,
  transactions: readonly ClientTransaction<unknown>[],
): { readonly of: Int32Array; readonly count: number } {
  const numbers = new Map<number, number>();
  const of = intsIn(arena, committed.length);
  for (let unit = 0; unit < committed.length; unit++) {
    const { process } = transactions[committed[unit]!]!;
    const known = numbers.get(process) ?? numbers.size;
    if (known === numbers.size) numbers.set(process, known);
    of[unit] = known;
  }
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
