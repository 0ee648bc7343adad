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
import { ascending } from "./ascending.ts";
import type { Dependencies } from "./dependencies.ts";
import type { Graph } from "./graph.ts";
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
  const commitOf = commitNodes(units, rule);
  const unitNodes = rule.points === "one" ? units.count : 2 * units.count;
  const acknowledged = rule.realTime === "none" ? new Int32Array(0) : acknowledgements(units, rule);
  const latestBefore = momentsBefore(units, acknowledged);
  const nodes = unitNodes + acknowledged.length;
  const sketch: Sketch = {
    units,
    dependencies,
    rule,
    previousInSession,
    commitOf,
    unitNodes,
    acknowledged,
    latestBefore,
    cursor: new Int32Array(nodes + 1),
    targets: new Int32Array(0),
  };
  drawEdges(sketch, countEdge);
  let edges = 0;
  const start = new Int32Array(nodes + 1);
  for (let node = 0; node <= nodes; node++) {
    start[node] = edges;
    edges += sketch.cursor[node]!;
    sketch.cursor[node] = start[node]!;
  }
  sketch.targets = new Int32Array(edges);
  drawEdges(sketch, placeEdge);
  return { nodes, start, targets: sketch.targets, rule, commitOf, unitNodes };
}

/** The unit to which a node belongs. */
export function unitOf(graph: LevelGraph, node: number, count: number): number {
  return node < count || node >= graph.unitNodes ? node : node - count;
}

interface Sketch {
  readonly units: CommittedTransactions;
  readonly dependencies: Dependencies;
  readonly rule: LevelRule;
  readonly previousInSession: Int32Array;
  readonly commitOf: Int32Array;
  readonly unitNodes: number;
  /** Units by time of acknowledgement: each is a moment. */
  readonly acknowledged: Int32Array;
  /** For each unit the last moment before its begin, or -1. */
  readonly latestBefore: Int32Array;
  readonly cursor: Int32Array;
  targets: Int32Array;
}

type DrawEdge = (sketch: Sketch, from: number, to: number) => void;

function countEdge(sketch: Sketch, from: number): void {
  sketch.cursor[from]!++;
}

function placeEdge(sketch: Sketch, from: number, to: number): void {
  sketch.targets[sketch.cursor[from]!++] = to;
}

function commitNodes(units: CommittedTransactions, rule: LevelRule): Int32Array {
  const nodes = new Int32Array(units.count);
  const apart = rule.points === "one" ? 0 : units.count;
  for (let unit = 0; unit < units.count; unit++) nodes[unit] = isWriter(units, unit) ? unit + apart : unit;
  return nodes;
}

function acknowledgements(units: CommittedTransactions, rule: LevelRule): Int32Array {
  const all = new Int32Array(units.count);
  const times = new Float64Array(units.count);
  let count = 0;
  for (let unit = 0; unit < units.count; unit++) {
    if (units.endedAt[unit] === Number.POSITIVE_INFINITY) continue;
    if (rule.realTime === "of updates" && !isWriter(units, unit)) continue;
    all[count] = unit;
    times[count++] = units.endedAt[unit]!;
  }
  const order = ascending(times.subarray(0, count));
  for (let index = 0; index < count; index++) order[index] = all[order[index]!]!;
  return order;
}

function momentsBefore(units: CommittedTransactions, acknowledged: Int32Array): Int32Array {
  const latest = new Int32Array(units.count).fill(-1);
  if (acknowledged.length === 0) return latest;
  const { beganAt, endedAt } = units;
  for (let unit = 0; unit < units.count; unit++) {
    let low = 0;
    let high = acknowledged.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (endedAt[acknowledged[middle]!]! < beganAt[unit]!) low = middle + 1;
      else high = middle;
    }
    latest[unit] = low - 1;
  }
  return latest;
}

/** Calls `draw` for every edge of the level, in the same order each time. */
function drawEdges(sketch: Sketch, draw: DrawEdge): void {
  const { acknowledged, commitOf, dependencies, latestBefore, rule, unitNodes } = sketch;
  const { from, to, wwEnd } = dependencies;
  for (let edge = 0; edge < wwEnd; edge++) draw(sketch, commitOf[from[edge]!]!, to[edge]!);
  if (rule.antiDependencies) {
    for (let edge = wwEnd; edge < to.length; edge++) draw(sketch, from[edge]!, commitOf[to[edge]!]!);
  }
  for (let unit = 0; unit < commitOf.length; unit++) {
    const before = sketch.previousInSession[unit]!;
    if (rule.sessions && before >= 0) draw(sketch, commitOf[before]!, unit);
    if (commitOf[unit] !== unit) draw(sketch, unit, commitOf[unit]!);
    if (latestBefore[unit]! >= 0) draw(sketch, unitNodes + latestBefore[unit]!, unit);
  }
  for (let moment = 0; moment < acknowledged.length; moment++) {
    draw(sketch, commitOf[acknowledged[moment]!]!, unitNodes + moment);
    if (moment > 0) draw(sketch, unitNodes + moment - 1, unitNodes + moment);
  }
}
