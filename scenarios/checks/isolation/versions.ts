/**
 * The order of each item's versions, as the transactions themselves witness it: every write names the version that
 * it replaced, so the versions are a chain from the initial one. No timestamp is needed, with one exception: an
 * INSERT replaces nothing, so the lives of a key that was deleted and inserted again are put in order of CSN, which
 * row locks make the order of conflicting commits on every node (theory 5.1). An unrecorded writer, of which only
 * its successors are known, takes its place in the same way.
 *
 * A version is the slot of the write that made it, or INITIAL.
 */
import { intsIn } from "./arena.ts";
import {
  ABSENT,
  type CommittedTransactions,
  DELETES,
  findWrite,
  INITIAL,
  INSERTS,
  type StrayVersion,
  UNKNOWN,
  UNWRITTEN,
} from "./units.ts";

/** A read whose version cannot be told: which of several absences, or a version that nobody wrote. */
export const UNDECIDED = -2;

/** In place of a version: there is none. */
export const NONE = -1;

export interface VersionOrder {
  /** The version of each read: a slot, INITIAL or UNDECIDED. */
  readonly readVersion: Int32Array;
  /** For each slot the version before (a slot, INITIAL or UNKNOWN), the slot after or NONE, and its place from 1. */
  readonly previous: Int32Array;
  readonly next: Int32Array;
  readonly place: Int32Array;
  /** For each item, the slot after the initial version, or NONE. */
  readonly first: Int32Array;
  /** For each item, whether the initial version is a row. */
  readonly hasInitialRow: Uint8Array;
  /** The first two writes found that replaced the same version; null if there are none. */
  readonly fork: Fork | null;
  readonly strayRead: StrayVersion | null;
  readonly strayWrite: StrayVersion | null;
}

/** Two slots that replaced one version; `one` is NONE where a row was inserted beside the initial one. */
export interface Fork {
  readonly item: number;
  readonly one: number;
  readonly other: number;
  /** The version that both replaced; INITIAL also for two inserts. */
  readonly replaced: number;
}

export function orderVersions(units: CommittedTransactions): VersionOrder {
  const { arena } = units;
  const items = units.items.keyOf.length;
  const slots = units.writeItem.length;
  const order: Ordering = {
    readVersion: intsIn(arena, units.readItem.length),
    previous: intsIn(arena, slots).fill(UNKNOWN),
    next: intsIn(arena, slots).fill(NONE),
    place: intsIn(arena, slots),
    first: new Int32Array(items).fill(NONE),
    hasInitialRow: new Uint8Array(items),
    fork: null,
    strayRead: units.strayRead,
    strayWrite: units.strayWrite,
  };
  noteInitialRows(units, order);
  const heads: number[] = [];
  for (let slot = 0; slot < slots; slot++) linkToReplaced(units, order, slot, heads);
  if (heads.length > 0) placeLives(units, order, heads);
  numberPlaces(order);
  resolveReads(units, order);
  return order;
}

/** The slot after this version, or NONE. */
export function versionAfter(order: VersionOrder, item: number, version: number): number {
  return version === INITIAL ? order.first[item]! : order.next[version]!;
}

/** Place of a version in its item's order; 0 is the initial one. */
export function placeOf(order: VersionOrder, version: number): number {
  return version === INITIAL ? 0 : order.place[version]!;
}

type Ordering = { -readonly [Field in keyof VersionOrder]: VersionOrder[Field] };

function noteInitialRows(units: CommittedTransactions, { hasInitialRow }: Ordering): void {
  const { readItem, readWriter, writeItem, writeReplaced, writeShape } = units;
  for (let read = 0; read < readItem.length; read++) {
    if (readWriter[read] === INITIAL) hasInitialRow[readItem[read]!] = 1;
  }
  for (let slot = 0; slot < writeItem.length; slot++) {
    const inserts = (writeShape[slot]! & INSERTS) !== 0;
    if (writeReplaced[slot] === INITIAL && !inserts) hasInitialRow[writeItem[slot]!] = 1;
  }
}

/** Slots that replaced nothing that is known become the heads of lives of their own. */
function linkToReplaced(units: CommittedTransactions, order: Ordering, slot: number, heads: number[]): void {
  const item = units.writeItem[slot]!;
  const writer = units.writeReplaced[slot]!;
  if (writer === INITIAL) {
    if ((units.writeShape[slot]! & INSERTS) !== 0) heads.push(slot);
    else linkFirst(order, item, slot);
    return;
  }
  if (writer < 0) {
    heads.push(slot);
    return;
  }
  const replaced = findWrite(units, writer, item);
  if (replaced < 0) {
    order.strayWrite ??= { unit: units.writeUnit[slot]!, item, gid: units.gid[writer]! };
    heads.push(slot);
    return;
  }
  order.previous[slot] = replaced;
  if (order.next[replaced] === NONE) order.next[replaced] = slot;
  else order.fork ??= { item, one: order.next[replaced]!, other: slot, replaced };
}

function linkFirst(order: Ordering, item: number, slot: number): void {
  order.previous[slot] = INITIAL;
  if (order.first[item] === NONE) order.first[item] = slot;
  else order.fork ??= { item, one: order.first[item]!, other: slot, replaced: INITIAL };
}

/** Lives of the same item follow one another by CSN, but one that did not end can only be the last. */
function placeLives(units: CommittedTransactions, order: Ordering, heads: number[]): void {
  const { csn, gid, writeItem, writeUnit } = units;
  const tails = new Map<number, number>();
  for (const head of heads) tails.set(head, tailOf(order, head));
  heads.sort((one, other) => {
    const byItem = writeItem[one]! - writeItem[other]!;
    if (byItem !== 0) return byItem;
    const byEnd = Number(isLive(units, tails.get(one)!)) - Number(isLive(units, tails.get(other)!));
    if (byEnd !== 0) return byEnd;
    const unit = writeUnit[one]!;
    const otherUnit = writeUnit[other]!;
    return csn[unit]! - csn[otherUnit]! || gid[unit]! - gid[otherUnit]! || one - other;
  });
  let item = -1;
  let end = INITIAL;
  for (const head of heads) {
    if (writeItem[head] !== item) {
      item = writeItem[head]!;
      end = order.first[item] === NONE ? INITIAL : tailOf(order, order.first[item]!);
    }
    if (standsBeside(units, order, item, end, head)) {
      order.fork ??= {
        item,
        one: end === INITIAL ? NONE : lifeHead(units, order, end),
        other: head,
        replaced: INITIAL,
      };
      continue;
    }
    order.previous[head] = end;
    if (end === INITIAL) order.first[item] = head;
    else order.next[end] = head;
    end = tails.get(head)!;
  }
}

/** Whether a row was inserted although the one before it is still there; unknown deletions are given the benefit. */
function standsBeside(
  units: CommittedTransactions,
  order: Ordering,
  item: number,
  end: number,
  head: number,
): boolean {
  if (units.unrecorded > 0 || (units.writeShape[head]! & INSERTS) === 0) return false;
  return end === INITIAL ? order.hasInitialRow[item] === 1 : isLive(units, end);
}

function isLive(units: CommittedTransactions, slot: number): boolean {
  return (units.writeShape[slot]! & DELETES) === 0;
}

function tailOf({ next }: Ordering, head: number): number {
  let tail = head;
  while (next[tail] !== NONE) tail = next[tail]!;
  return tail;
}

/** The write that began the life in which this slot stands. */
function lifeHead(units: CommittedTransactions, { previous }: Ordering, slot: number): number {
  let head = slot;
  while (previous[head]! >= 0 && (units.writeShape[head]! & INSERTS) === 0) head = previous[head]!;
  return head;
}

function numberPlaces({ first, next, place }: Ordering): void {
  for (let item = 0; item < first.length; item++) {
    let count = 0;
    for (let slot = first[item]!; slot !== NONE; slot = next[slot]!) place[slot] = ++count;
  }
}

function resolveReads(units: CommittedTransactions, order: Ordering): void {
  const { count, readItem, readStart, readWriter } = units;
  let absences: Int32Array | null = null;
  for (let unit = 0; unit < count; unit++) {
    const end = readStart[unit + 1]!;
    for (let read = readStart[unit]!; read < end; read++) {
      const writer = readWriter[read]!;
      const item = readItem[read]!;
      if (writer === INITIAL) order.readVersion[read] = INITIAL;
      else if (writer === ABSENT) {
        absences ??= findAbsences(units, order);
        resolveAbsence(units, order, absences, unit, read);
      } else if (writer === UNWRITTEN) order.readVersion[read] = UNDECIDED;
      else {
        const slot = findWrite(units, writer, item);
        const isThere = slot >= 0 && isLive(units, slot);
        order.readVersion[read] = isThere ? slot : UNDECIDED;
        if (!isThere) order.strayRead ??= { unit, item, gid: units.gid[writer]! };
      }
    }
  }
}

/** In `absences`: the item was never absent, or absent in several ways. */
const NEVER = -3;
const OFTEN = -2;

/** For each item the one version in which its row is absent: a slot, INITIAL, NEVER or OFTEN. */
function findAbsences(units: CommittedTransactions, order: Ordering): Int32Array {
  const absences = new Int32Array(order.first.length);
  for (let item = 0; item < absences.length; item++) {
    absences[item] = order.hasInitialRow[item] === 1 ? NEVER : INITIAL;
  }
  for (let slot = 0; slot < units.writeItem.length; slot++) {
    if (isLive(units, slot)) continue;
    const item = units.writeItem[slot]!;
    absences[item] = absences[item] === NEVER ? slot : OFTEN;
  }
  return absences;
}

function resolveAbsence(
  units: CommittedTransactions,
  order: Ordering,
  absences: Int32Array,
  unit: number,
  read: number,
): void {
  const item = units.readItem[read]!;
  // An unrecorded transaction may have deleted the row.
  const absence = units.unrecorded > 0 ? OFTEN : absences[item]!;
  order.readVersion[read] = absence === NEVER || absence === OFTEN ? UNDECIDED : absence;
  if (absence === NEVER) order.strayRead ??= { unit, item, gid: -1 };
}
