/**
 * The isolation levels by their definitions, tried out: the reference for tests of the graphs, for a handful of
 * transactions that read, update and do nothing else. Nothing here knows of dependency graphs.
 *
 * - Serializable: some order of the transactions in which each reads and replaces the newest versions.
 * - SI: some order of starts and commits in which each reads what was newest at its start and replaces what is
 *   newest at its commit and was so at its start.
 * - PSI: some visibility relation that satisfies the axioms of Cerone, Bernardi and Gotsman, CONCUR 2015.
 * - Update atomic: no two transactions replace one version, and none observes an item at or after another's version
 *   and reads an item before it.
 * - Read committed: some order of commits in which whoever is read or replaced comes first.
 */
import type { Level } from "../../levels.ts";
import type { Line } from "./hand-made.ts";

interface Small {
  readonly count: number;
  readonly lines: readonly Line[];
  /** Versions as positions in `lines`; -1: initial. */
  readonly reads: readonly (readonly Access[])[];
  readonly writes: readonly (readonly Access[])[];
}

interface Access {
  readonly key: string;
  readonly version: number;
}

/** The levels of committed, sequential sessions' REPEATABLE READ transactions without reads of own writes. */
export function levelsByDefinition(lines: readonly Line[]): Record<Exclude<Level, "none">, boolean> {
  const small = smallOf(lines);
  const session = (one: number, other: number) => isBeforeInSession(lines, one, other);
  const time = (one: number, other: number) => isBeforeInTime(lines, one, other);
  const update = (one: number, other: number) => small.writes[one]!.length > 0 && time(one, other);
  const never = () => false;
  return {
    "strict serializable": hasSerialOrder(small, (one, other) => session(one, other) || time(one, other)),
    serializable: hasSerialOrder(small, never),
    "strong SI": hasSnapshotOrder(small, (one, other) => session(one, other) || update(one, other)),
    "strong session SI": hasSnapshotOrder(small, session),
    GSI: hasSnapshotOrder(small, never),
    PSI: hasVisibility(small, session),
    "update atomic": hasCommitOrder(small) && !hasFork(small) && !hasFracture(small),
    "read committed": hasCommitOrder(small),
  };
}

type Before = (one: number, other: number) => boolean;

function smallOf(lines: readonly Line[]): Small {
  const reads: Access[][] = [];
  const writes: Access[][] = [];
  for (const { steps } of lines) {
    const read: Access[] = [];
    const write: Access[] = [];
    for (const step of steps) {
      if ("read" in step && typeof step.from === "number") read.push({ key: step.read, version: step.from });
      if ("read" in step && step.from === "initial") read.push({ key: step.read, version: -1 });
      if ("write" in step)
        write.push({ key: step.write, version: typeof step.over === "number" ? step.over : -1 });
    }
    reads.push(read);
    writes.push(write);
  }
  return { count: lines.length, lines, reads, writes };
}

function isBeforeInSession(lines: readonly Line[], one: number, other: number): boolean {
  return (
    one < other &&
    lines[one]!.session === lines[other]!.session &&
    lines[one]!.session !== undefined &&
    isAnswered(lines[one]!)
  );
}

function isBeforeInTime(lines: readonly Line[], one: number, other: number): boolean {
  return isAnswered(lines[one]!) && lines[one]!.at![1] < lines[other]!.at![0];
}

function isAnswered({ outcome }: Line): boolean {
  return (outcome ?? "committed") === "committed";
}

/** Tries all orders in which nothing stands before what must be before it, as long as all are consistent. */
function hasSerialOrder(small: Small, before: Before): boolean {
  return tryOrders(small, before, 0, new Map());
}

function tryOrders(small: Small, before: Before, done: number, newest: ReadonlyMap<string, number>): boolean {
  if (done === (1 << small.count) - 1) return true;
  for (let next = 0; next < small.count; next++) {
    if ((done & (1 << next)) !== 0 || !isDue(small, before, done, next)) continue;
    const isNewest = ({ key, version }: Access) => (newest.get(key) ?? -1) === version;
    if (!small.reads[next]!.every(isNewest) || !small.writes[next]!.every(isNewest)) continue;
    if (tryOrders(small, before, done | (1 << next), afterWrites(small, newest, next))) return true;
  }
  return false;
}

function isDue({ count }: Small, before: Before, done: number, next: number): boolean {
  for (let other = 0; other < count; other++) {
    if (other !== next && (done & (1 << other)) === 0 && before(other, next)) return false;
  }
  return true;
}

function afterWrites(small: Small, newest: ReadonlyMap<string, number>, writer: number): Map<string, number> {
  const after = new Map(newest);
  for (const { key } of small.writes[writer]!) after.set(key, writer);
  return after;
}

/** `before`: the one's commit comes before the other's start. */
function hasSnapshotOrder(small: Small, before: Before): boolean {
  return tryStartsAndCommits(small, before, new Map(), 0, new Map());
}

function tryStartsAndCommits(
  small: Small,
  before: Before,
  snapshots: ReadonlyMap<number, ReadonlyMap<string, number>>,
  committed: number,
  newest: ReadonlyMap<string, number>,
): boolean {
  if (committed === (1 << small.count) - 1) return true;
  for (let next = 0; next < small.count; next++) {
    if ((committed & (1 << next)) !== 0) continue;
    const snapshot = snapshots.get(next);
    if (snapshot === undefined) {
      const reads = small.reads[next]!.every(({ key, version }) => (newest.get(key) ?? -1) === version);
      if (!reads || !isDue(small, before, committed, next)) continue;
      const started = new Map(snapshots).set(next, newest);
      if (tryStartsAndCommits(small, before, started, committed, newest)) return true;
      continue;
    }
    const isFirst = ({ key, version }: Access) => {
      const now = newest.get(key) ?? -1;
      return now === version && now === (snapshot.get(key) ?? -1);
    };
    if (!small.writes[next]!.every(isFirst)) continue;
    const after = afterWrites(small, newest, next);
    if (tryStartsAndCommits(small, before, snapshots, committed | (1 << next), after)) return true;
  }
  return false;
}

/** Some order of commits in which whoever is read or replaced comes first. */
function hasCommitOrder(small: Small): boolean {
  return tryCommits(small, 0);
}

function tryCommits(small: Small, done: number): boolean {
  if (done === (1 << small.count) - 1) return true;
  for (let next = 0; next < small.count; next++) {
    if ((done & (1 << next)) !== 0) continue;
    const known = ({ version }: Access) => version < 0 || (done & (1 << version)) !== 0;
    if (!small.reads[next]!.every(known) || !small.writes[next]!.every(known)) continue;
    if (tryCommits(small, done | (1 << next))) return true;
  }
  return false;
}

/** For each transaction the set of those that are visible to it. */
type Visibility = readonly number[];

/** Sets that fail EXT are not extended. */
function hasVisibility(small: Small, session: Before, visible: readonly number[] = []): boolean {
  if (visible.length === small.count)
    return isAcyclic(visible) && isParallelSnapshot(small, visible, session);
  const unit = visible.length;
  for (let set = 0; set < 1 << small.count; set++) {
    if ((set & (1 << unit)) !== 0 || !readsNewest(small, unit, set)) continue;
    if (hasVisibility(small, session, [...visible, set])) return true;
  }
  return false;
}

/** EXT, and that a version is replaced by one who sees it and none that is newer. */
function readsNewest(small: Small, unit: number, set: number): boolean {
  const isNewestVisible = ({ key, version }: Access) => {
    if (version >= 0 && (set & (1 << version)) === 0) return false;
    return successors(small, key, version).every((writer) => writer === unit || (set & (1 << writer)) === 0);
  };
  return small.reads[unit]!.every(isNewestVisible) && small.writes[unit]!.every(isNewestVisible);
}

/** All who wrote later versions of the item. */
function successors(small: Small, key: string, version: number): number[] {
  const found: number[] = [];
  const add = (replaced: number): void => {
    for (let writer = 0; writer < small.count; writer++) {
      const replaces = small.writes[writer]!.some((write) => write.key === key && write.version === replaced);
      if (!replaces || found.includes(writer)) continue;
      found.push(writer);
      add(writer);
    }
  };
  add(version);
  return found;
}

/** There is a total order of commits that visibility agrees with. */
function isAcyclic(visible: Visibility): boolean {
  let done = 0;
  for (let round = 0; round < visible.length; round++) {
    for (let unit = 0; unit < visible.length; unit++) {
      if ((visible[unit]! & ~done) === 0) done |= 1 << unit;
    }
  }
  return done === (1 << visible.length) - 1;
}

/** NOCONFLICT: of two writers of one item, one sees the other. */
function hasNoConflict(small: Small, visible: Visibility): boolean {
  for (let one = 0; one < small.count; one++) {
    for (let other = 0; other < one; other++) {
      const shares = small.writes[one]!.some(({ key }) =>
        small.writes[other]!.some((write) => write.key === key),
      );
      const sees = (visible[one]! & (1 << other)) !== 0 || (visible[other]! & (1 << one)) !== 0;
      if (shares && !sees) return false;
    }
  }
  return true;
}

/** NOCONFLICT, TRANSVIS and SESSION: sees whom the visible see, and its own session. */
function isParallelSnapshot(small: Small, visible: Visibility, session: Before): boolean {
  if (!hasNoConflict(small, visible)) return false;
  for (let unit = 0; unit < small.count; unit++) {
    for (let other = 0; other < small.count; other++) {
      if (other === unit) continue;
      const sees = (visible[unit]! & (1 << other)) !== 0;
      if (sees && (visible[other]! & ~visible[unit]!) !== 0) return false;
      if (!sees && session(other, unit)) return false;
    }
  }
  return true;
}

function hasFork({ writes }: Small): boolean {
  const replaced = writes.flat().map(({ key, version }) => `${key} ${version}`);
  return new Set(replaced).size < replaced.length;
}

function hasFracture(small: Small): boolean {
  for (let unit = 0; unit < small.count; unit++) {
    const observed = [...small.reads[unit]!, ...small.writes[unit]!];
    for (let writer = 0; writer < small.count; writer++) {
      if (writer === unit) continue;
      const isBefore = ({ key, version }: Access) => successors(small, key, version).includes(writer);
      const writesKey = ({ key }: Access) => small.writes[writer]!.some((write) => write.key === key);
      const seen = observed.some((access) => writesKey(access) && !isBefore(access));
      if (seen && small.reads[unit]!.some((access) => writesKey(access) && isBefore(access))) return true;
    }
  }
  return false;
}
