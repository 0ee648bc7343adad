/**
 * A smallest cycle of a level's graph, counted in edges between units.
 *
 * Breadth-first from every unit in a strongly connected component, first for cycles of two edges, then of three, and
 * so on: what is found first is smallest. SO and RT count as one edge however far they reach. A smallest cycle has
 * at most one RT edge (of two, A to B and C to D, one of A to D and C to B is RT too, and shortens the cycle), and
 * likewise one SO edge of one session; so both are tried only as the edge that closes a cycle, and no search ever
 * walks along the line of moments. (Of several sessions' SO edges, those that do not close the cycle count once for
 * every step.)
 *
 * In a huge component full of cycles this may take long. Beyond EDGE_BUDGET the smallest cycle through one unit of
 * the smallest component is given instead.
 */
import type { Components } from "./graph.ts";
import { type LevelGraph, unitOf } from "./level-graph.ts";
import type { CommittedTransactions } from "./units.ts";

/** What is known of an edge: its kind, or whether it is a dependency (WR, WW, SO) or one of any kind. */
export type Hop = "WR" | "WW" | "RW" | "SO" | "RT" | "dependency" | "any";

/** `hops[i]` leads from `units[i]` to the next unit; the last one back to the first. */
export interface Cycle {
  readonly units: readonly number[];
  readonly hops: readonly Hop[];
}

export const EDGE_BUDGET = 30_000_000;

/** The graph must have a cycle; `components` are its strongly connected ones. */
export function findSmallestCycle(
  units: CommittedTransactions,
  graph: LevelGraph,
  components: Components,
): Cycle {
  const search = createSearch(units, graph, components);
  const sources = cyclicUnits(units, components);
  for (let bound = 2; search.edges < EDGE_BUDGET; bound++) {
    for (const source of sources) {
      const cycle = findCycleThrough(search, source, bound);
      if (cycle !== null) return cycle;
      if (search.edges >= EDGE_BUDGET) break;
    }
  }
  return findSomeCycle(search, smallestComponent(components, sources));
}

/** A shortest path of at most `bound` edges, as its units; null if there is none. One-point graphs without RT. */
export function findPath(search: Search, from: number, to: number, bound: number): number[] | null {
  beginSearch(search, from);
  for (let length = 1; length <= bound && search.current.length > 0; length++) {
    for (let index = 0; index < search.current.length; index++) {
      const node = search.current[index]!;
      if (expand(search, node, to)) return nodesTo(search, node).concat(to);
    }
    nextLength(search);
  }
  return null;
}

export interface Search {
  readonly units: CommittedTransactions;
  readonly graph: LevelGraph;
  readonly components: Components;
  /** The node through which each node was reached, and in which search. */
  readonly parent: Int32Array;
  readonly reachedIn: Int32Array;
  searches: number;
  /** Nodes at the present distance from the source, and at the next. */
  current: number[];
  upcoming: number[];
  /** Visited so far, over all searches. */
  edges: number;
}

export function createSearch(
  units: CommittedTransactions,
  graph: LevelGraph,
  components: Components,
): Search {
  return {
    units,
    graph,
    components,
    parent: new Int32Array(graph.nodes),
    reachedIn: new Int32Array(graph.nodes),
    searches: 0,
    current: [],
    upcoming: [],
    edges: 0,
  };
}

function cyclicUnits({ count }: CommittedTransactions, { of }: Components): number[] {
  const found: number[] = [];
  for (let unit = 0; unit < count; unit++) {
    if (of[unit]! >= 0) found.push(unit);
  }
  return found;
}

function smallestComponent({ of, sizes }: Components, sources: number[]): number {
  let best = sources[0]!;
  for (const source of sources) {
    if (sizes[of[source]!]! < sizes[of[best]!]!) best = source;
  }
  return best;
}

/** A smallest cycle through the start of `source`, of at most `bound` edges, with SO and RT only at its end. */
function findCycleThrough(search: Search, source: number, bound: number): Cycle | null {
  const { graph, units } = search;
  beginSearch(search, source);
  for (let length = 1; length <= bound && search.current.length > 0; length++) {
    for (let index = 0; index < search.current.length; index++) {
      const node = search.current[index]!;
      const closing = closingHop(search, node, source);
      if (closing !== null) return cycleOf(search, node, closing);
      if (expand(search, node, source)) return cycleOf(search, node, hopInto(graph, source, units.count));
    }
    nextLength(search);
  }
  return null;
}

function beginSearch(search: Search, source: number): void {
  search.searches += 1;
  search.current.length = 0;
  search.upcoming.length = 0;
  search.current.push(source);
  search.reachedIn[source] = search.searches;
  search.parent[source] = -1;
}

function nextLength(search: Search): void {
  const { current, upcoming } = search;
  current.length = 0;
  search.current = upcoming;
  search.upcoming = current;
}

/** Reaches the node's successors; whether `goal` is one of them. */
function expand(search: Search, node: number, goal: number): boolean {
  const { components, graph, parent, reachedIn, searches, units } = search;
  const { commitOf, start, targets, unitNodes } = graph;
  const end = start[node + 1]!;
  search.edges += end - start[node]!;
  for (let edge = start[node]!; edge < end; edge++) {
    const target = targets[edge]!;
    if (target === goal) return true;
    if (target >= unitNodes || reachedIn[target] === searches) continue;
    if (components.of[target] !== components.of[node]) continue;
    reachedIn[target] = searches;
    parent[target] = node;
    // From a unit's start to its own commit is no edge between units.
    const isOwnCommit = node < units.count && target === commitOf[node];
    (isOwnCommit ? search.current : search.upcoming).push(target);
  }
  return false;
}

/** Whether SO or RT leads from a node back to the source. */
function closingHop({ graph, units }: Search, node: number, source: number): Hop | null {
  const unit = unitOf(graph, node, units.count);
  if (unit === source || graph.commitOf[unit] !== node) return null;
  const { rule } = graph;
  const { beganAt, endedAt, session, writeStart } = units;
  if (rule.sessions && unit < source && session[unit] === session[source] && session[unit]! >= 0) {
    if (endedAt[unit]! < Number.POSITIVE_INFINITY) return "SO";
  }
  if (rule.realTime === "none" || endedAt[unit]! >= beganAt[source]!) return null;
  const wrote = writeStart[unit + 1]! > writeStart[unit]!;
  return wrote || rule.realTime === "of all" ? "RT" : null;
}

function nodesTo({ parent }: Search, last: number): number[] {
  const nodes: number[] = [];
  for (let node = last; node >= 0; node = parent[node]!) nodes.push(node);
  return nodes.reverse();
}

function cycleOf(search: Search, last: number, closing: Hop): Cycle {
  const { graph, units } = search;
  const nodes = nodesTo(search, last);
  const found: number[] = [nodes[0]!];
  const hops: Hop[] = [];
  for (let index = 1; index < nodes.length; index++) {
    const node = nodes[index]!;
    const unit = unitOf(graph, node, units.count);
    if (unit === found[found.length - 1]) continue;
    found.push(unit);
    hops.push(hopInto(graph, node, units.count));
  }
  hops.push(closing);
  return { units: found, hops };
}

function hopInto({ rule }: LevelGraph, node: number, count: number): Hop {
  if (rule.points === "one") return rule.antiDependencies ? "any" : "dependency";
  return node < count ? "dependency" : "RW";
}

/** The smallest cycle through `source`, moments included, made one with a single RT edge. */
function findSomeCycle(search: Search, source: number): Cycle {
  let best: Cycle | null = null;
  for (const candidate of realTimeTargets(search, source)) {
    const cycle = findCycleThrough(search, candidate, search.units.count + 1);
    if (cycle !== null && (best === null || cycle.units.length < best.units.length)) best = cycle;
  }
  if (best === null) throw new Error(`unit ${source} lies on no cycle`);
  return best;
}

/** Units of a cycle through `source` that are entered by RT, or `source` if none is: one has a cycle with one RT. */
function realTimeTargets(search: Search, source: number): number[] {
  const { components, graph, parent, reachedIn } = search;
  const { start, targets, unitNodes } = graph;
  beginSearch(search, source);
  const queue = [source];
  let last = -1;
  for (let taken = 0; taken < queue.length && last < 0; taken++) {
    const node = queue[taken]!;
    for (let edge = start[node]!; edge < start[node + 1]!; edge++) {
      const target = targets[edge]!;
      if (target === source) last = node;
      if (reachedIn[target] === search.searches || components.of[target] !== components.of[node]) continue;
      reachedIn[target] = search.searches;
      parent[target] = node;
      queue.push(target);
    }
  }
  const path = nodesTo(search, last);
  const entered = path.filter(
    (node, index) => index > 0 && path[index - 1]! >= unitNodes && node < unitNodes,
  );
  if (last >= unitNodes) entered.push(source);
  return entered.length > 0 ? entered : [source];
}
