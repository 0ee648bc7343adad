/**
 * The graph of a level: acyclic exactly if the history satisfies the level.
 *
 * Serializability has one node for each unit, and every dependency is an edge. Snapshot isolation has two, a unit's
 * start and its commit: WR, WW, SO and RT say that one unit committed before the other started, RW that one started
 * before the other committed. Points on a line that obey this are snapshots and commits as the definition wants
 * them (GSI: Elnikety, Zwaenepoel, Pedone, "Database Replication Using Generalized Snapshot Isolation", SRDS 2005;
 * strong session SI: Daudjee and Salem, VLDB 2006), and there are such points exactly if the graph is acyclic, that
 * is, if no cycle is without two adjacent RW (Cerone and Gotsman, PODC 2016; theory 4.4, which splits each unit
 * into a node entered by RW and one entered by the others: the same graph). A unit that wrote nothing needs no
 * commit of its own.
 *
 * RT, real time: acknowledged before the other began. Its O(n^2) edges go through a line of one node for each
 * acknowledgement, O(n) edges.
 */
import { intsIn } from "./arena.ts";
import { chosenAscending } from "./ascending.ts";
import type { Dependencies } from "./dependencies.ts";
import { addEdge, type Edges, type Graph, graphOf } from "./graph.ts";
import { type CommittedTransactions, isWriter } from "./units.ts";

export interface LevelRule {
  readonly points: "one" | "start and commit";
  /** Also RW, or only what a unit depends on. */
  readonly antiDependencies: boolean;
  readonly sessions: boolean;
  /** Strict serializability is about all units; a strong snapshot contains what updates were acknowledged. */
  readonly realTime: "none" | "of updates" | "of all";
}

export interface LevelGraph extends Graph {
  readonly rule: LevelRule;
  /** The node of each unit's commit; its start is the node with the unit's own number. */
  readonly commitOf: Int32Array;
  /** The unit of each node of a unit; nodes from here on are moments. */
  readonly unitNodes: number;
}

/** `previousInSession`: see sessionOrder. */
export function buildLevelGraph(
  units: CommittedTransactions,
  dependencies: Dependencies,
  previousInSession: Int32Array,
  rule: LevelRule,
): LevelGraph {
  const { arena, count } = units;
  const commitOf = commitNodes(units, rule);
  const unitNodes = rule.points === "one" ? count : 2 * count;
  const acknowledged = rule.realTime === "none" ? new Int32Array(0) : acknowledgements(units, rule);
  const capacity = dependencies.from.length + 3 * count + 2 * acknowledged.length;
  const edges = { from: intsIn(arena, capacity), to: intsIn(arena, capacity), length: 0 };
  addDependencies(edges, dependencies, commitOf, rule);
  addCommits(edges, commitOf);
  if (rule.sessions) addSessions(edges, previousInSession, commitOf);
  if (rule.realTime !== "none") addRealTime(edges, units, acknowledged, commitOf, unitNodes);
  const nodes = unitNodes + acknowledged.length;
  return { ...graphOf(arena, nodes, edges), rule, commitOf, unitNodes };
}

/** The unit to which a node belongs. */
export function unitOf(graph: LevelGraph, node: number, count: number): number {
  return node < count || node >= graph.unitNodes ? node : node - count;
}

function commitNodes(units: CommittedTransactions, rule: LevelRule): Int32Array {
  const nodes = intsIn(units.arena, units.count);
  const apart = rule.points === "one" ? 0 : units.count;
  for (let unit = 0; unit < units.count; unit++) nodes[unit] = isWriter(units, unit) ? unit + apart : unit;
  return nodes;
}

function acknowledgements(units: CommittedTransactions, rule: LevelRule): Int32Array {
  const all = intsIn(units.arena, units.count);
  let count = 0;
  for (let unit = 0; unit < units.count; unit++) {
    if (units.endedAt[unit] === Number.POSITIVE_INFINITY) continue;
    if (rule.realTime === "of updates" && !isWriter(units, unit)) continue;
    all[count++] = unit;
  }
  return chosenAscending(units.endedAt, all.subarray(0, count));
}

function addDependencies(
  edges: Edges,
  { from, to, wwEnd }: Dependencies,
  commitOf: Int32Array,
  rule: LevelRule,
): void {
  const end = rule.antiDependencies ? from.length : wwEnd;
  edges.from.set(from.subarray(0, end));
  edges.to.set(to.subarray(0, end));
  edges.length = end;
  if (rule.points === "one") return;
  for (let edge = 0; edge < wwEnd; edge++) edges.from[edge] = commitOf[from[edge]!]!;
  for (let edge = wwEnd; edge < end; edge++) edges.to[edge] = commitOf[to[edge]!]!;
}

function addCommits(edges: Edges, commitOf: Int32Array): void {
  for (let unit = 0; unit < commitOf.length; unit++) {
    if (commitOf[unit] !== unit) addEdge(edges, unit, commitOf[unit]!);
  }
}

function addSessions(edges: Edges, previousInSession: Int32Array, commitOf: Int32Array): void {
  for (let unit = 0; unit < commitOf.length; unit++) {
    const before = previousInSession[unit]!;
    if (before >= 0) addEdge(edges, commitOf[before]!, unit);
  }
}

function addRealTime(
  edges: Edges,
  units: CommittedTransactions,
  acknowledged: Int32Array,
  commitOf: Int32Array,
  firstMoment: number,
): void {
  for (let moment = 0; moment < acknowledged.length; moment++) {
    addEdge(edges, commitOf[acknowledged[moment]!]!, firstMoment + moment);
    if (moment > 0) addEdge(edges, firstMoment + moment - 1, firstMoment + moment);
  }
  for (let unit = 0; unit < units.count; unit++) {
    const moment = momentBefore(units, acknowledged, unit);
    if (moment >= 0) addEdge(edges, firstMoment + moment, unit);
  }
}

/** The last acknowledgement before the unit's begin, or -1. */
function momentBefore(units: CommittedTransactions, acknowledged: Int32Array, unit: number): number {
  const { endedAt } = units;
  const began = units.beganAt[unit]!;
  let low = 0;
  let high = acknowledged.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endedAt[acknowledged[middle]!]! < began) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
