/**
 * The isolation ladder: which levels a history satisfies, and for each that it does not, a smallest reason.
 *
 * Decided from the transactions' own witness of who read and replaced which version (versions.ts), without trust in
 * any timestamp (theory 4.1, 4.4). The levels:
 * - read committed: no version is read or replaced that no committed transaction left (G1a, G1b), and WR u WW has
 *   no cycle (G0, G1c).
 * - update atomic: also no fractured read, no lost update, and a transaction sees its own writes.
 * - PSI: parallel-si.ts. GSI, strong session SI, strong SI, serializable, strict serializable: level-graph.ts.
 * Two levels stand beside the others: GSI has no sessions, so it does not imply PSI, which has; and serializable
 * has neither sessions nor real time. `strongest` is the first of the list that holds.
 *
 * What a level implies is not checked again. O(V + E) a level; the header of parallel-si.ts has PSI's cost.
 */
import { LEVELS, type Level } from "../../levels.ts";
import { nameCycle } from "./anomalies.ts";
import { markOf, releaseTo } from "./arena.ts";
import { type Dependencies, findDependencies, sessionOrder } from "./dependencies.ts";
import { orderByDependency } from "./dependency-order.ts";
import {
  type Evidence,
  explainCycle,
  explainEdges,
  explainFork,
  explainIntermediateRead,
  explainInternalRead,
  explainStrayRead,
  explainStrayWrite,
  type UnitEdge,
  type Violation,
} from "./evidence.ts";
import { cyclicNodes } from "./graph.ts";
import { findIntermediateRead } from "./intermediate-reads.ts";
import { checkLabels, type LabelReport } from "./labels.ts";
import { buildLevelGraph, type LevelGraph, type LevelRule } from "./level-graph.ts";
import { type ClosedEdges, findClosedEdges } from "./parallel-si.ts";
import {
  type Cycle,
  createSearch,
  EDGE_BUDGET,
  findPath,
  findSmallestCycle,
  type Hop,
  LARGEST_GUESS,
} from "./smallest-cycle.ts";
import type { CommittedTransactions } from "./units.ts";
import { findFracturedRead } from "./update-atomic.ts";
import type { Verdict } from "./verdict.ts";
import { orderVersions, type VersionOrder } from "./versions.ts";

export interface IsolationReport {
  /** "none" also if nothing was exercised. */
  readonly strongest: Level;
  readonly levels: Readonly<Record<Level, Verdict>>;
  /** One for each level that is violated, strongest first. */
  readonly violations: readonly Violation[];
  /** Committed transactions, and external reads among them. */
  readonly transactions: number;
  readonly reads: number;
  /** Whether the snapshots' labels are true: apart from the levels, which are decided without them. Null: no labels. */
  readonly labels: LabelReport | null;
}

/**
 * `labelled`: the labels of snapshots mean something, that is, under clock-si and clock-si-committer. Without a
 * committed write, or without a read, nothing holds: such levels are "not exercised".
 */
export function checkIsolation(units: CommittedTransactions, labelled: boolean): IsolationReport {
  const versions = orderVersions(units);
  return {
    ...judgeLevels(units, versions, findDirt(units, versions), findConflict(units, versions)),
    transactions: units.transactions,
    reads: units.readItem.length,
    labels: labelled ? checkLabels(units, versions) : null,
  };
}

export type LevelReport = Pick<IsolationReport, "strongest" | "levels" | "violations">;

/** The ladder over any order of versions. `dirt` breaks every level, `conflict` every one above read committed. */
export function judgeLevels(
  units: CommittedTransactions,
  versions: VersionOrder,
  dirt: Evidence | null,
  conflict: Evidence | null,
): LevelReport {
  const reasons = new Map<Level, Evidence>();
  climb({ units, versions, dirt, conflict, reasons, previousInSession: sessionOrder(units) });
  const isExercised = units.writeItem.length > 0 && units.readItem.length > 0;
  const levels = {} as Record<Level, Verdict>;
  const violations: Violation[] = [];
  for (const level of LEVELS) {
    const evidence = reasons.get(level);
    if (evidence !== undefined) violations.push({ level, ...evidence });
    levels[level] = evidence !== undefined ? "violated" : isExercised ? "holds" : "not exercised";
  }
  return { strongest: LEVELS.find((level) => levels[level] === "holds") ?? "none", levels, violations };
}

interface Ladder {
  readonly units: CommittedTransactions;
  readonly versions: VersionOrder;
  readonly dirt: Evidence | null;
  readonly conflict: Evidence | null;
  readonly previousInSession: Int32Array;
  /** Why a level is violated; a level that is not here holds. */
  readonly reasons: Map<Level, Evidence>;
}

const ONE_POINT = { points: "one", antiDependencies: true } as const;
const TWO_POINTS = { points: "start and commit", antiDependencies: true } as const;
const RULES = {
  "strict serializable": { ...ONE_POINT, sessions: true, realTime: "of all" },
  serializable: { ...ONE_POINT, sessions: false, realTime: "none" },
  "strong SI": { ...TWO_POINTS, sessions: true, realTime: "of updates" },
  "strong session SI": { ...TWO_POINTS, sessions: true, realTime: "none" },
  GSI: { ...TWO_POINTS, sessions: false, realTime: "none" },
} as const satisfies Partial<Record<Level, LevelRule>>;
/** What a unit comes after whatever the level: WR u WW, and PSI's D with the sessions. */
const CAUSES: LevelRule = { points: "one", antiDependencies: false, sessions: false, realTime: "none" };
const CAUSES_AND_SESSIONS: LevelRule = { ...CAUSES, sessions: true };

const ABOVE_READ_COMMITTED = LEVELS.slice(0, LEVELS.indexOf("read committed"));

/** Sets the reason for each level that is violated. */
function climb(ladder: Ladder): void {
  const { conflict, dirt, units, reasons, versions } = ladder;
  const dependencies = findDependencies(units, versions);
  const order = orderByDependency(units, versions, null);
  const reason = dirt ?? (order === null ? explainLevel(ladder, dependencies, CAUSES) : null);
  if (reason !== null || order === null) {
    reasons.set("read committed", reason!);
    for (const level of ABOVE_READ_COMMITTED) reasons.set(level, reason!);
    return;
  }
  if (conflict !== null) {
    for (const level of ABOVE_READ_COMMITTED) reasons.set(level, conflict);
    return;
  }
  if (satisfies(ladder, dependencies, "strict serializable")) return;
  const isSerializable = satisfies(ladder, dependencies, "serializable");
  if (satisfies(ladder, dependencies, "strong SI")) return;
  if (satisfies(ladder, dependencies, "strong session SI")) return;
  if (!isSerializable) satisfies(ladder, dependencies, "GSI");
  if (isParallel(ladder, dependencies)) return;
  const fracture = findFracturedRead(units, versions, order);
  if (fracture !== null) reasons.set("update atomic", explainFracture(units, versions, fracture));
}

/** Reads and replacements of what no committed transaction left. */
function findDirt(units: CommittedTransactions, versions: VersionOrder): Evidence | null {
  if (versions.strayRead !== null) return explainStrayRead(units, versions.strayRead);
  if (versions.strayWrite !== null) return explainStrayWrite(units, versions.strayWrite);
  const intermediate = findIntermediateRead(units, versions);
  return intermediate === null
    ? null
    : explainIntermediateRead(units, intermediate.reader, intermediate.slot);
}

/** What no level above read committed allows, and what the graphs take for granted. */
function findConflict(units: CommittedTransactions, versions: VersionOrder): Evidence | null {
  if (units.internal !== null) return explainInternalRead(units, units.internal);
  return versions.fork === null ? null : explainFork(units, versions.fork);
}

function satisfies(ladder: Ladder, dependencies: Dependencies, level: keyof typeof RULES): boolean {
  const reason = explainLevel(ladder, dependencies, RULES[level]);
  if (reason !== null) ladder.reasons.set(level, reason);
  return reason === null;
}

/** A smallest cycle of the level's graph, or null if there is none. */
function explainLevel(ladder: Ladder, dependencies: Dependencies, rule: LevelRule): Evidence | null {
  const { previousInSession, units, versions } = ladder;
  const before = markOf(units.arena);
  const graph = buildLevelGraph(units, dependencies, previousInSession, rule);
  const cyclic = cyclicNodes(units.arena, graph);
  const evidence =
    cyclic === null ? null : explainCycle(units, versions, findSmallestCycle(units, graph, cyclic));
  releaseTo(units.arena, before);
  return evidence;
}

function isParallel(ladder: Ladder, dependencies: Dependencies): boolean {
  const { previousInSession, reasons, units, versions } = ladder;
  const order = orderByDependency(units, versions, previousInSession);
  const closed = order === null ? null : findClosedEdges(units, versions, order, previousInSession);
  if (closed !== null && closed.readers.length === 0) return true;
  const graph = buildLevelGraph(units, dependencies, previousInSession, CAUSES_AND_SESSIONS);
  const cycle =
    closed === null ? smallestMixed(units, graph, dependencies) : smallestClosed(units, graph, closed);
  reasons.set("PSI", explainCycle(units, versions, cycle));
  return false;
}

/** Where D itself has a cycle: that, or an RW edge that is closed by fewer edges. */
function smallestMixed(units: CommittedTransactions, graph: LevelGraph, dependencies: Dependencies): Cycle {
  const { from, to, wwEnd } = dependencies;
  const cycle = findSmallestCycle(units, graph, cyclicNodes(units.arena, graph)!);
  const edges = { readers: from.subarray(wwEnd), writers: to.subarray(wwEnd) };
  return findClosing(units, graph, edges, cycle.units.length - 2) ?? cycle;
}

/** The fewest edges that close one of the RW edges; where that takes too long, those that close the first. */
function smallestClosed(units: CommittedTransactions, graph: LevelGraph, closed: ClosedEdges): Cycle {
  const cycle = findClosing(units, graph, closed, LARGEST_GUESS - 1);
  if (cycle !== null) return cycle;
  const search = createSearch(units, graph, new Int32Array(graph.nodes));
  const path = findPath(search, closed.writers[0]!, closed.readers[0]!, units.count);
  if (path === null) throw new Error("an RW edge is said to be closed by a path that is not there");
  return closedBy(path);
}

interface ReadWriteEdges {
  readonly readers: ArrayLike<number>;
  readonly writers: ArrayLike<number>;
}

/** A shortest path of D, of at most `longest` edges, from the writer of an RW edge to its reader; with that edge. */
function findClosing(
  units: CommittedTransactions,
  graph: LevelGraph,
  { readers, writers }: ReadWriteEdges,
  longest: number,
): Cycle | null {
  const search = createSearch(units, graph, new Int32Array(graph.nodes));
  for (let bound = 1; bound <= longest; bound++) {
    for (let index = 0; index < readers.length && search.edges < EDGE_BUDGET; index++) {
      const path = findPath(search, writers[index]!, readers[index]!, bound);
      if (path !== null) return closedBy(path);
    }
  }
  return null;
}

/** The path, and the RW edge from its end to its start. */
function closedBy(path: number[]): Cycle {
  const hops: Hop[] = path.map(() => "dependency");
  hops[path.length - 1] = "RW";
  return { units: path, hops };
}

function explainFracture(
  units: CommittedTransactions,
  versions: VersionOrder,
  edges: readonly UnitEdge[],
): Evidence {
  const shape = nameCycle(edges);
  const isFractured = shape === "read skew" || shape === "causality violation";
  return explainEdges(units, versions, isFractured ? "fractured read" : shape, edges);
}
