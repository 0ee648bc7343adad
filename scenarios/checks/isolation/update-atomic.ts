/**
 * Fractured reads: what update atomic forbids beside lost updates and reads of what was not committed.
 *
 * Update atomic (Cerone, Bernardi, Gotsman, CONCUR 2015) is read atomic (Bailis et al., "Scalable Atomic Visibility
 * with RAMP Transactions", SIGMOD 2014) in which of two writers of one row one sees the other: a transaction is
 * visible whole or not at all. A unit T observes the versions that it read, and those that it replaced. It is
 * fractured if for some other unit W it observes one item at W's version or a later one, and read an item before
 * W's version of it. (That a later version counts goes beyond the axioms. Whoever replaces a version waited for its
 * writer to commit, on every node, so row locks always provide it; and PSI implies it.)
 *
 * For each read, the versions after the one that was read are walked, and all that their writers wrote is compared
 * with what T observed. A writer that T observed comes before T in the order of dependencies, so the walk ends at
 * the first writer that comes after T: mostly the first. Linear, but for the staleness of reads.
 */

import type { DependencyOrder } from "./dependency-order.ts";
import type { UnitEdge } from "./evidence.ts";
import { type CommittedTransactions, findWrite } from "./units.ts";
import { NONE, placeOf, UNDECIDED, type VersionOrder, versionAfter } from "./versions.ts";

/** `reader` saw `seen`, or a later version of its item, and not `missed`, by the same unit: it read an older one. */
interface FracturedRead {
  readonly reader: number;
  readonly read: number;
  readonly missed: number;
  readonly seen: number;
}

/**
 * A smallest cycle of two or three edges that shows a fractured read, or null if there is none. `order` is that of
 * WR u WW, without sessions; there must be no fork.
 */
export function findFracturedRead(
  units: CommittedTransactions,
  versions: VersionOrder,
  order: DependencyOrder,
): UnitEdge[] | null {
  const observed: Observed = {
    by: new Int32Array(versions.first.length).fill(-1),
    place: new Int32Array(versions.first.length),
  };
  let best: UnitEdge[] | null = null;
  for (let unit = 0; unit < units.count; unit++) {
    if (!mayBeFractured(units, versions, order, unit)) continue;
    const fracture = fractureOf(units, versions, order, observed, unit);
    if (fracture === null) continue;
    const edges = edgesOf(units, versions, fracture);
    if (edges.length === 2) return edges;
    best ??= edges;
  }
  return best;
}

/** For each item, the last unit that was looked at and observed it, and the latest version's place. */
interface Observed {
  readonly by: Int32Array;
  readonly place: Int32Array;
}

function mayBeFractured(
  units: CommittedTransactions,
  versions: VersionOrder,
  order: DependencyOrder,
  unit: number,
): boolean {
  for (let read = units.readStart[unit]!; read < units.readStart[unit + 1]!; read++) {
    if (firstMissed(units, versions, order, unit, read) !== NONE) return true;
  }
  return false;
}

/** The version after the one that was read, if its writer comes before the reader; else NONE. */
function firstMissed(
  units: CommittedTransactions,
  versions: VersionOrder,
  order: DependencyOrder,
  unit: number,
  read: number,
): number {
  const version = versions.readVersion[read]!;
  if (version === UNDECIDED) return NONE;
  const slot = versionAfter(versions, units.readItem[read]!, version);
  return isBefore(units, order, slot, unit) ? slot : NONE;
}

function isBefore(units: CommittedTransactions, order: DependencyOrder, slot: number, unit: number): boolean {
  return slot !== NONE && order.place[units.writeUnit[slot]!]! < order.place[unit]!;
}

function fractureOf(
  units: CommittedTransactions,
  versions: VersionOrder,
  order: DependencyOrder,
  observed: Observed,
  unit: number,
): FracturedRead | null {
  noteObserved(units, versions, observed, unit);
  for (let read = units.readStart[unit]!; read < units.readStart[unit + 1]!; read++) {
    let missed = firstMissed(units, versions, order, unit, read);
    while (missed !== NONE) {
      const seen = seenWrite(units, versions, observed, unit, units.writeUnit[missed]!);
      if (seen !== NONE) return { reader: unit, read, missed, seen };
      const next = versions.next[missed]!;
      missed = isBefore(units, order, next, unit) ? next : NONE;
    }
  }
  return null;
}

function noteObserved(
  units: CommittedTransactions,
  versions: VersionOrder,
  observed: Observed,
  unit: number,
): void {
  for (let read = units.readStart[unit]!; read < units.readStart[unit + 1]!; read++) {
    const version = versions.readVersion[read]!;
    if (version !== UNDECIDED) observe(observed, unit, units.readItem[read]!, placeOf(versions, version));
  }
  for (let slot = units.writeStart[unit]!; slot < units.writeStart[unit + 1]!; slot++) {
    observe(observed, unit, units.writeItem[slot]!, versions.place[slot]!);
  }
}

function observe(observed: Observed, unit: number, item: number, place: number): void {
  if (observed.by[item] === unit && observed.place[item]! >= place) return;
  observed.by[item] = unit;
  observed.place[item] = place;
}

/** A write of `writer` of which the unit observed the version or a later one. */
function seenWrite(
  units: CommittedTransactions,
  versions: VersionOrder,
  observed: Observed,
  unit: number,
  writer: number,
): number {
  for (let slot = units.writeStart[writer]!; slot < units.writeStart[writer + 1]!; slot++) {
    const item = units.writeItem[slot]!;
    if (observed.by[item] === unit && observed.place[item]! >= versions.place[slot]!) return slot;
  }
  return NONE;
}

function edgesOf(
  units: CommittedTransactions,
  versions: VersionOrder,
  { reader, read, missed, seen }: FracturedRead,
): UnitEdge[] {
  const writer = units.writeUnit[missed]!;
  const missedItem = units.readItem[read]!;
  const item = units.writeItem[seen]!;
  const rw: UnitEdge = { kind: "RW", from: reader, to: writer, item: missedItem, slot: missed, read };
  const version = firstVersionRead(units, versions, reader, seen);
  if (version === seen) return [rw, { kind: "WR", from: writer, to: reader, item, slot: seen, read: -1 }];
  const own = findWrite(units, reader, item);
  if (own >= 0 && versions.place[own]! > versions.place[seen]!) {
    return [rw, { kind: "WW", from: writer, to: reader, item, slot: seen, read: -1 }];
  }
  const later = units.writeUnit[version]!;
  return [
    rw,
    { kind: "WW", from: writer, to: later, item, slot: seen, read: -1 },
    { kind: "WR", from: later, to: reader, item, slot: version, read: -1 },
  ];
}

/** The first version from `seen` on that the reader read; NONE if it read none. */
function firstVersionRead(
  units: CommittedTransactions,
  versions: VersionOrder,
  reader: number,
  seen: number,
): number {
  const item = units.writeItem[seen]!;
  let found = NONE;
  for (let read = units.readStart[reader]!; read < units.readStart[reader + 1]!; read++) {
    const version = versions.readVersion[read]!;
    if (version < 0 || units.readItem[read] !== item) continue;
    if (versions.place[version]! < versions.place[seen]!) continue;
    if (found === NONE || versions.place[version]! < versions.place[found]!) found = version;
  }
  return found;
}
