/**
 * An order of the units in which each comes after those that it reads from, replaces, and follows in its session:
 * a topological order of D = WR u WW (u SO), or null if D has a cycle.
 *
 * A depth-first search along the predecessors, started from the units in order of their begin: so the order is that
 * of begins wherever that is a topological one, and what is close in the order is close in time. The searches that
 * use it are short for that reason. O(V + E).
 */
import { intsIn } from "./arena.ts";
import type { CommittedTransactions } from "./units.ts";
import type { VersionOrder } from "./versions.ts";

export interface DependencyOrder {
  /** The units in order, and the place of each in it. */
  readonly sequence: Int32Array;
  readonly place: Int32Array;
}

const UNVISITED = -1;
const OPEN = -2;

/** `previousInSession` is sessionOrder's, or null to leave SO out. */
export function orderByDependency(
  units: CommittedTransactions,
  versions: VersionOrder,
  previousInSession: Int32Array | null,
): DependencyOrder | null {
  const { arena, count } = units;
  const sequence = intsIn(arena, count);
  const place = intsIn(arena, count).fill(UNVISITED);
  /** How many of its predecessors a unit on the stack has visited. */
  const visited = intsIn(arena, count);
  const stack = intsIn(arena, count);
  let ordered = 0;
  for (let root = 0; root < count; root++) {
    if (place[root] !== UNVISITED) continue;
    let depth = 0;
    stack[0] = root;
    place[root] = OPEN;
    while (depth >= 0) {
      const unit = stack[depth]!;
      const before = predecessor(units, versions, previousInSession, unit, visited[unit]!++);
      if (before === END) {
        place[unit] = ordered;
        sequence[ordered++] = unit;
        depth -= 1;
      } else if (before >= 0 && place[before] === OPEN) return null;
      else if (before >= 0 && place[before] === UNVISITED) {
        place[before] = OPEN;
        stack[++depth] = before;
      }
    }
  }
  return { sequence, place };
}

/** In place of a predecessor: none by this number, and none after it. */
const MISSING = -1;
const END = -2;

/** Numbered through the unit's reads, then its writes, then its session. */
function predecessor(
  units: CommittedTransactions,
  versions: VersionOrder,
  previousInSession: Int32Array | null,
  unit: number,
  number: number,
): number {
  const { readStart, writeStart, writeUnit } = units;
  const read = readStart[unit]! + number;
  if (read < readStart[unit + 1]!) {
    const version = versions.readVersion[read]!;
    return version < 0 ? MISSING : writeUnit[version]!;
  }
  const slot = writeStart[unit]! + read - readStart[unit + 1]!;
  if (slot < writeStart[unit + 1]!) {
    const version = versions.previous[slot]!;
    return version < 0 ? MISSING : writeUnit[version]!;
  }
  if (slot > writeStart[unit + 1]!) return END;
  return previousInSession === null ? END : previousInSession[unit]!;
}
