/**
 * What snapshot labels promise, checked in one sweep over starts and commits in order of CSN (Chronos, arXiv
 * 2504.01477; theory 4.3, 4.4).
 *
 * A label stands for the commits that its snapshot holds: all with a CSN up to the label's, and of those that share
 * the label's CSN as many as the label's count says, if it counts. Starts are placed so among the commits in order
 * of (CSN, gid), and both are walked with the newest version of each item at hand. A start must have read just
 * these (EXT); a commit must have replaced these, and under REPEATABLE READ from within its snapshot (NOCONFLICT:
 * first committer wins). SESSION and REALTIME are conditions on the places alone. O(n log n) for finding the
 * places, else O(n + reads + writes).
 *
 * EXT and NOCONFLICT make labels and CSNs the starts and commits of generalised SI, so the graph must find GSI too;
 * with SESSION also strong session SI, and with REALTIME also strong SI. The reverse does not hold: a history may be
 * SI although labels lie, and then the labels are at fault. Only for managers whose labels mean something.
 *
 * What the sweep cannot know it lets pass: absence, where an unrecorded transaction may have deleted the row, and
 * what a READ COMMITTED statement read after it had waited for a row lock.
 */
import { type Arena, floatsIn, intsIn } from "./arena.ts";
import { ascending, chosenAscending } from "./ascending.ts";
import { showItem } from "./items.ts";
import { beginStory, idsOf, nameUnit, type Story, whoIs } from "./names.ts";
import {
  ABSENT,
  type Commits,
  type CommittedTransactions,
  DELETES,
  INITIAL,
  INSERTS,
  isWriter,
  NEWEST_UNIT,
  SNAPSHOT_UNIT,
  UNKNOWN,
  WRITES_UNIT,
} from "./units.ts";
import type { Verdict } from "./verdict.ts";
import type { VersionOrder } from "./versions.ts";

export type LabelCheck = "EXT" | "NOCONFLICT" | "SESSION" | "REALTIME";

export interface LabelReport {
  readonly checks: Readonly<Record<LabelCheck, Verdict>>;
  /** For each check that is violated, the first case found. */
  readonly violations: readonly LabelViolation[];
}

export interface LabelViolation {
  readonly check: LabelCheck;
  readonly sentence: string;
  /** Ids in the history. */
  readonly transactions: readonly number[];
}

export function checkLabels(units: CommittedTransactions, versions: VersionOrder): LabelReport {
  const commitPlace = placesOfCommits(units);
  const sweep: Sweep = {
    units,
    commitPlace,
    startPlace: placesOfStarts(units, commitPlace),
    newest: new Int32Array(versions.first.length).fill(INITIAL),
    newestPlace: new Int32Array(versions.first.length).fill(-1),
    isRow: versions.hasInitialRow.slice(),
    exercised: { EXT: 0, NOCONFLICT: 0, SESSION: 0, REALTIME: 0 },
    violations: new Map(),
  };
  sweepVersions(sweep);
  checkSessions(sweep);
  checkRealTime(sweep);
  return {
    checks: {
      EXT: verdictOf(sweep, "EXT"),
      NOCONFLICT: verdictOf(sweep, "NOCONFLICT"),
      SESSION: verdictOf(sweep, "SESSION"),
      REALTIME: verdictOf(sweep, "REALTIME"),
    },
    violations: [...sweep.violations.values()],
  };
}

/** Number of commits that a snapshot with this label holds. `count` is 0 if the label does not count. */
export function snapshotSize({ csn }: Commits, label: number, count: number): number {
  const through = commitsThrough(csn, label);
  if (count > 0 && count < through && csn[count - 1] === label) return count;
  return through;
}

/** Number of commits with a CSN up to this one. */
export function commitsThrough(csns: Float64Array, csn: number): number {
  let low = 0;
  let high = csns.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (csns[middle]! <= csn) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Sweep {
  readonly units: CommittedTransactions;
  /** For each unit that wrote, how many commits come before its own; else -1. */
  readonly commitPlace: Int32Array;
  /** For each unit with a snapshot, how many commits it holds; a READ COMMITTED commit starts just before itself. */
  readonly startPlace: Int32Array;
  /** For each item the newest version at the present place: who wrote it, its commit's place, whether it is a row. */
  readonly newest: Int32Array;
  readonly newestPlace: Int32Array;
  readonly isRow: Uint8Array;
  readonly exercised: Record<LabelCheck, number>;
  readonly violations: Map<LabelCheck, LabelViolation>;
}

function verdictOf({ exercised, violations }: Sweep, check: LabelCheck): Verdict {
  if (violations.has(check)) return "violated";
  return exercised[check] > 0 ? "holds" : "not exercised";
}

/** Both lists ascend by CSN; of equal ones the gid tells which is which. */
function placesOfCommits(units: CommittedTransactions): Int32Array {
  const { arena, commits, count, gid } = units;
  const writers = intsIn(arena, count);
  let found = 0;
  for (let unit = 0; unit < count; unit++) {
    if (isWriter(units, unit)) writers[found++] = unit;
  }
  const byCsn = chosenAscending(units.csn, writers.subarray(0, found));
  const places = intsIn(arena, count).fill(-1);
  let first = 0;
  for (let index = 0; index < found; index++) {
    const unit = byCsn[index]!;
    while (commits.csn[first]! < units.csn[unit]!) first += 1;
    let place = first;
    while (commits.gid[place] !== gid[unit]) place += 1;
    places[unit] = place;
  }
  return places;
}

function placesOfStarts(units: CommittedTransactions, commitPlace: Int32Array): Int32Array {
  const { arena, commits, count, kind, labelCount, labelCsn } = units;
  const places = intsIn(arena, count).fill(-1);
  for (let unit = 0; unit < count; unit++) {
    if (labelCsn[unit]! >= 0) places[unit] = snapshotSize(commits, labelCsn[unit]!, labelCount[unit]!);
    else if (kind[unit] === WRITES_UNIT) places[unit] = commitPlace[unit]!;
  }
  return places;
}

function sweepVersions(sweep: Sweep): void {
  const { commitPlace, startPlace, units } = sweep;
  const places = units.commits.csn.length;
  const starts = unitsByPlace(units.arena, startPlace, places + 1);
  const commits = unitsByPlace(units.arena, commitPlace, places);
  for (let place = 0; place <= places; place++) {
    for (let index = starts.first[place]!; index < starts.first[place + 1]!; index++) {
      checkReads(sweep, starts.units[index]!);
    }
    if (place === places) break;
    for (let index = commits.first[place]!; index < commits.first[place + 1]!; index++) {
      carryOutWrites(sweep, commits.units[index]!);
    }
  }
}

interface ByPlace {
  /** The units at a place are those from `first[place]` up to the next. */
  readonly first: Int32Array;
  readonly units: Int32Array;
}

function unitsByPlace(arena: Arena, places: Int32Array, count: number): ByPlace {
  const first = intsIn(arena, count + 1);
  for (let unit = 0; unit < places.length; unit++) {
    if (places[unit]! >= 0) first[places[unit]! + 1]!++;
  }
  for (let place = 0; place < count; place++) first[place + 1]! += first[place]!;
  const cursor = intsIn(arena, count + 1);
  cursor.set(first);
  const units = intsIn(arena, first[count]!);
  for (let unit = 0; unit < places.length; unit++) {
    if (places[unit]! >= 0) units[cursor[places[unit]!]!++] = unit;
  }
  return { first, units };
}

function checkReads(sweep: Sweep, unit: number): void {
  const { isRow, newest, units } = sweep;
  const { readItem, readStart, readWriter } = units;
  if (units.kind[unit] === NEWEST_UNIT) return;
  const end = readStart[unit + 1]!;
  sweep.exercised.EXT += end - readStart[unit]!;
  for (let read = readStart[unit]!; read < end; read++) {
    const item = readItem[read]!;
    const writer = readWriter[read]!;
    if (writer === newest[item] && isRow[item] === 1) continue;
    if (writer === ABSENT && (isRow[item] === 0 || units.unrecorded > 0)) continue;
    reportRead(sweep, unit, read);
  }
}

function carryOutWrites(sweep: Sweep, unit: number): void {
  const { commitPlace, isRow, newest, newestPlace, startPlace, units } = sweep;
  const isSnapshot = units.kind[unit] === SNAPSHOT_UNIT;
  if (isSnapshot && startPlace[unit]! > commitPlace[unit]!) reportEarlyCommit(sweep, unit);
  const end = units.writeStart[unit + 1]!;
  sweep.exercised.NOCONFLICT += end - units.writeStart[unit]!;
  for (let slot = units.writeStart[unit]!; slot < end; slot++) {
    const item = units.writeItem[slot]!;
    const isHidden =
      isSnapshot && newestPlace[item]! >= startPlace[unit]! && !insertsAfterDeletion(sweep, slot, item);
    if (isHidden || !replacesNewest(sweep, slot, item)) reportWrite(sweep, unit, slot);
    newest[item] = unit;
    newestPlace[item] = commitPlace[unit]!;
    isRow[item] = (units.writeShape[slot]! & DELETES) === 0 ? 1 : 0;
  }
}

/** An insert is in conflict with no deletion, also one that its snapshot does not see: the key is free (15 and 18). */
function insertsAfterDeletion({ isRow, units }: Sweep, slot: number, item: number): boolean {
  return (units.writeShape[slot]! & INSERTS) !== 0 && isRow[item] === 0;
}

function replacesNewest({ isRow, newest, units }: Sweep, slot: number, item: number): boolean {
  const replaced = units.writeReplaced[slot]!;
  if (replaced === UNKNOWN) return true;
  const inserts = (units.writeShape[slot]! & INSERTS) !== 0;
  if (replaced === INITIAL && inserts) return isRow[item] === 0 || units.unrecorded > 0;
  return replaced === newest[item];
}

/** A snapshot must hold what its session committed before, and no less than the session's snapshots before. */
function checkSessions(sweep: Sweep): void {
  const { commitPlace, startPlace, units } = sweep;
  const needed = new Int32Array(units.sessions);
  const neededFor = new Int32Array(units.sessions).fill(-1);
  for (let unit = 0; unit < units.count; unit++) {
    const session = units.session[unit]!;
    if (session < 0) continue;
    if (neededFor[session]! >= 0) {
      sweep.exercised.SESSION += 1;
      if (startPlace[unit]! < needed[session]!) reportLate(sweep, "SESSION", unit, neededFor[session]!);
    }
    if (units.endedAt[unit] === Number.POSITIVE_INFINITY) continue;
    const holds = Math.max(startPlace[unit]!, commitPlace[unit]! + 1);
    needed[session] = holds;
    neededFor[session] = unit;
  }
}

/** A snapshot must hold every update that was acknowledged before its transaction began. */
function checkRealTime(sweep: Sweep): void {
  const { commitPlace, startPlace, units } = sweep;
  const acknowledged = intsIn(units.arena, units.count);
  let answers = 0;
  for (let unit = 0; unit < units.count; unit++) {
    if (commitPlace[unit]! < 0 || units.endedAt[unit]! === Number.POSITIVE_INFINITY) continue;
    acknowledged[answers++] = unit;
  }
  const byAnswer = chosenAscending(units.endedAt, acknowledged.subarray(0, answers));
  const byBegin = ascending(beginsOf(units));
  let next = 0;
  let latest = -1;
  for (let index = 0; index < byBegin.length; index++) {
    const unit = byBegin[index]!;
    while (next < byAnswer.length) {
      const other = byAnswer[next]!;
      if (units.endedAt[other]! >= units.beganAt[unit]!) break;
      if (latest < 0 || commitPlace[other]! > commitPlace[latest]!) latest = other;
      next += 1;
    }
    if (latest < 0 || startPlace[unit]! < 0) continue;
    sweep.exercised.REALTIME += 1;
    if (startPlace[unit]! <= commitPlace[latest]!) reportLate(sweep, "REALTIME", unit, latest);
  }
}

/** Finite also for the unrecorded, which began at no known time. */
function beginsOf({ arena, beganAt, count }: CommittedTransactions): Float64Array {
  const begins = floatsIn(arena, count);
  for (let unit = 0; unit < count; unit++) {
    begins[unit] = Math.max(beganAt[unit]!, Number.MIN_SAFE_INTEGER);
  }
  return begins;
}

function reportRead(sweep: Sweep, unit: number, read: number): void {
  if (sweep.violations.has("EXT")) return;
  const { units } = sweep;
  const story = beginStory(units);
  const writer = units.readWriter[read]!;
  const newestWriter = sweep.newest[units.readItem[read]!]!;
  const reader = nameUnit(story, unit);
  const item = showItem(units.items, units.readItem[read]!);
  const found = writer === ABSENT ? `did not find ${item}` : `read ${item} in ${versionOf(story, writer)}`;
  const newest = versionOf(story, newestWriter);
  const sentence = `${reader} ${found}; the newest in its snapshot at CSN ${units.labelCsn[unit]} is ${newest}.`;
  const involved = [unit];
  if (writer >= 0) involved.push(writer);
  if (newestWriter !== INITIAL) involved.push(newestWriter);
  sweep.violations.set("EXT", { check: "EXT", sentence, transactions: idsOf(units, involved) });
}

function reportWrite(sweep: Sweep, unit: number, slot: number): void {
  if (sweep.violations.has("NOCONFLICT")) return;
  const { units } = sweep;
  const story = beginStory(units);
  const writer = nameUnit(story, unit);
  const item = showItem(units.items, units.writeItem[slot]!);
  const replaced = units.writeReplaced[slot]!;
  const over = replaced === UNKNOWN ? "" : ` over ${versionOf(story, replaced)}`;
  const newestWriter = sweep.newest[units.writeItem[slot]!]!;
  const newest = versionOf(story, newestWriter);
  const snapshot = units.labelCsn[unit]! < 0 ? "" : ` from a snapshot at CSN ${units.labelCsn[unit]}`;
  const sentence = `${writer} wrote ${item}${over}${snapshot}; at its commit the newest was ${newest}.`;
  const involved = newestWriter === INITIAL ? [unit] : [unit, newestWriter];
  sweep.violations.set("NOCONFLICT", { check: "NOCONFLICT", sentence, transactions: idsOf(units, involved) });
}

function reportEarlyCommit(sweep: Sweep, unit: number): void {
  if (sweep.violations.has("NOCONFLICT")) return;
  const { units } = sweep;
  const writer = nameUnit(beginStory(units), unit);
  const sentence = `${writer} committed with CSN ${units.csn[unit]}, within its own snapshot at CSN ${units.labelCsn[unit]}.`;
  sweep.violations.set("NOCONFLICT", { check: "NOCONFLICT", sentence, transactions: idsOf(units, [unit]) });
}

function reportLate(sweep: Sweep, check: "SESSION" | "REALTIME", unit: number, before: number): void {
  if (sweep.violations.has(check)) return;
  const { units } = sweep;
  const story = beginStory(units);
  const earlier = nameUnit(story, before);
  const ended = `${earlier} ended at ${units.endedAt[before]} us with ${standing(sweep, before)}`;
  const began = `${nameUnit(story, unit)} began at ${units.beganAt[unit]} us with ${standing(sweep, unit)}`;
  const where = check === "SESSION" ? ` in session ${whoIs(units, unit).session}` : "";
  const sentence = `${ended}, and then ${began}${where}.`;
  sweep.violations.set(check, { check, sentence, transactions: idsOf(units, [before, unit]) });
}

/** The unit's own CSN, or its snapshot's. */
function standing({ units }: Sweep, unit: number): string {
  return isWriter(units, unit) && units.labelCsn[unit]! < 0
    ? `CSN ${units.csn[unit]}`
    : isWriter(units, unit)
      ? `a snapshot at CSN ${units.labelCsn[unit]} and CSN ${units.csn[unit]}`
      : `a snapshot at CSN ${units.labelCsn[unit]}`;
}

function versionOf(story: Story, writer: number): string {
  if (writer === INITIAL) return "the initial version";
  if (writer < 0) return "a version that no committed transaction wrote";
  return `the version of ${nameUnit(story, writer)} (CSN ${story.units.csn[writer]})`;
}
