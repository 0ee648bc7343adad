/**
 * The direct dependencies between units (Adya; Cerone and Gotsman, "Analysing Snapshot Isolation", PODC 2016):
 * - WR: read a version that the other wrote;
 * - WW: wrote the version that follows the other's;
 * - RW: wrote the version that follows the one that the other read;
 * - SO: comes next in the other's session.
 * Edges to later versions are implied: such a RW is a RW and then WW, which every level's graph contains.
 */
import { intsIn } from "./arena.ts";
import type { CommittedTransactions } from "./units.ts";
import { NONE, UNDECIDED, type VersionOrder, versionAfter } from "./versions.ts";

/** Edges in columns, grouped by kind: WR up to `wrEnd`, WW up to `wwEnd`, then RW. */
export interface Dependencies {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly wrEnd: number;
  readonly wwEnd: number;
}

export function findDependencies(units: CommittedTransactions, versions: VersionOrder): Dependencies {
  const { arena, count, readItem, readStart, writeItem, writeUnit } = units;
  const { previous, readVersion } = versions;
  const from = intsIn(arena, 2 * readItem.length + writeItem.length);
  const to = intsIn(arena, from.length);
  let end = 0;
  for (let unit = 0; unit < count; unit++) {
    const readEnd = readStart[unit + 1]!;
    for (let read = readStart[unit]!; read < readEnd; read++) {
      const version = readVersion[read]!;
      if (version < 0) continue;
      from[end] = writeUnit[version]!;
      to[end++] = unit;
    }
  }
  const wrEnd = end;
  for (let slot = 0; slot < writeItem.length; slot++) {
    if (previous[slot]! < 0) continue;
    from[end] = writeUnit[previous[slot]!]!;
    to[end++] = writeUnit[slot]!;
  }
  const wwEnd = end;
  for (let unit = 0; unit < count; unit++) {
    const readEnd = readStart[unit + 1]!;
    for (let read = readStart[unit]!; read < readEnd; read++) {
      const writer = overwriterOf(units, versions, read);
      if (writer < 0 || writer === unit) continue;
      from[end] = unit;
      to[end++] = writer;
    }
  }
  return { from: from.subarray(0, end), to: to.subarray(0, end), wrEnd, wwEnd };
}

/** The unit that replaced the version that was read, or -1. */
export function overwriterOf(units: CommittedTransactions, versions: VersionOrder, read: number): number {
  const version = versions.readVersion[read]!;
  if (version === UNDECIDED) return -1;
  const slot = versionAfter(versions, units.readItem[read]!, version);
  return slot === NONE ? -1 : units.writeUnit[slot]!;
}

/**
 * For each unit the one before it in its session, or -1. A transaction whose answer the client never had comes
 * before nothing: it may commit at any later time.
 */
export function sessionOrder(units: CommittedTransactions): Int32Array {
  const { count, endedAt, session } = units;
  const previous = intsIn(units.arena, count).fill(-1);
  const last = new Int32Array(units.sessions).fill(-1);
  for (let unit = 0; unit < count; unit++) {
    const of = session[unit]!;
    if (of < 0) continue;
    previous[unit] = last[of]!;
    if (endedAt[unit]! < Number.POSITIVE_INFINITY) last[of] = unit;
  }
  return previous;
}
