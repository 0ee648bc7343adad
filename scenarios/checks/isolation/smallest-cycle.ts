/**
 * A smallest cycle of a level's graph, counted in edges between units.
 *
 * Breadth-first from every unit that may lie on a cycle, first for cycles of two edges, then of three, and so on:
 * what is found first is smallest. RT and SO count as one edge however far they reach. A smallest cycle has at most
 * one RT edge (of two, A to B and C to D, one of A to D and C to B is RT too, and shortens the cycle), and likewise
 * one SO edge of one session; so they are tried as the edge that closes a cycle, and no search ever walks along the
 * line of moments. Only where there is room for the SO edges of two sessions, a search also jumps along a session,
 * SESSION_REACH units at most.
 *
 * Where anomalies are frequent, there are two-edge cycles among the first units; strongly connected components are
 * looked for only if these give none. They keep the search short where anomalies are rare. In a huge component that
 * is full of long cycles only, some cycle is given that need not be smallest, once EDGE_BUDGET is spent.
 */
import { stronglyConnected } from "./graph.ts";
import { type LevelGraph, unitOf } from "./level-graph.ts";
import type { CommittedTransactions } from "./units.ts";

/** What is known of an edge: "dependency" is WR, WW or SO, and "any" one of these or RW. */
export type Hop = "RW" | "SO" | "RT" | "dependency" | "any";

/** `hops[i]` leads from `units[i]` to the next unit; the last one back to the first. */
export interface Cycle {
  readonly units: readonly number[];
  readonly hops: readonly Hop[];
}

/** Edges that are looked at for cycles of one size. */
export const EDGE_BUDGET = 3_000_000;
/** How many later units of its session a search looks at from one. */
const SESSION_REACH = 64;
/** Cycles up to this size are looked for size by size, larger ones unit by unit. */
export const LARGEST_GUESS = 5;

/** `cyclic` is what cyclicNodes found in the graph. */
export function findSmallestCycle(
  units: CommittedTransactions,
  graph: LevelGraph,
  cyclic: Uint8Array,
  budget = EDGE_BUDGET,
): Cycle {
  const component = new Int32Array(graph.nodes);
  for (let node = 0; node < graph.nodes; node++) component[node] = cyclic[node]! - 1;
  const pair = findCycleOf(createSearch(units, graph, component), 2, budget);
  if (pair !== null) return pair;
  const { of, sizes } = stronglyConnected(graph, cyclic);
  const search = createSearch(units, graph, of);
  let missed = false;
  for (let size = 2; size <= LARGEST_GUESS; size++) {
    search.edges = 0;
    const cycle = findCycleOf(search, size, budget);
    if (cycle !== null) return cycle;
    if (search.edges >= budget) missed = true;
  }
  search.edges = 0;
  const large = missed ? null : findLargeCycle(search, budget);
  return withoutDetours(large ?? findSomeCycle(search, smallestComponent(search, sizes)));
}

/** The smallest of the cycles through each unit, as far as the budget goes. */
function findLargeCycle(search: Search, budget: number): Cycle | null {
  let best: Cycle | null = null;
  for (let unit = 0; unit < search.units.count && search.edges < budget; unit++) {
    if (search.component[unit]! < 0) continue;
    const bound: number = best === null ? search.units.count + 1 : best.units.length - 1;
    best = findCycleThrough(search, unit, bound) ?? best;
  }
  return best;
}

/** A cycle of at most `size` edges, unless the budget is spent before. */
function findCycleOf(search: Search, size: number, budget: number): Cycle | null {
  for (let unit = 0; unit < search.units.count && search.edges < budget; unit++) {
    if (search.component[unit]! < 0) continue;
    const cycle = findCycleThrough(search, unit, size);
    if (cycle !== null) return cycle;
  }
  return null;
}

/** A shortest path of at most `bound` edges, as its units; null if there is none. One-point graphs without RT. */
export function findPath(search: Search, from: number, to: number, bound: number): number[] | null {
  beginSearch(search, from, bound >= 2);
  for (let length = 1; length <= bound && search.current.length > 0; length++) {
    for (let index = 0; index < search.current.length; index++) {
      const node = search.current[index]!;
      const isEnd = closingHop(search, node, to) !== null || expand(search, node, to, length === bound);
      if (isEnd) return nodesTo(search, node).concat(to);
    }
    nextLength(search);
  }
  return null;
}

export interface Search {
  readonly units: CommittedTransactions;
  readonly graph: LevelGraph;
  /** Cycles are looked for among nodes of the same number, but not among those of -1. */
  readonly component: Int32Array;
  /** The node through which each node was reached, and in which search. */
  readonly parent: Int32Array;
  readonly reachedIn: Int32Array;
  searches: number;
  /** For each unit the next of its session, or -1; and whether searches jump along sessions. */
  readonly nextInSession: Int32Array;
  jumps: boolean;
  /** Nodes at the present distance from the source, and at the next. */
  current: number[];
  upcoming: number[];
  /** Visited so far, over all searches. */
  edges: number;
}

export function createSearch(units: CommittedTransactions, graph: LevelGraph, component: Int32Array): Search {
  return {
    units,
    graph,
    component,
    parent: new Int32Array(graph.nodes),
    reachedIn: new Int32Array(graph.nodes),
    searches: 0,
    nextInSession: nextInSession(units),
    jumps: false,
    current: [],
    upcoming: [],
    edges: 0,
  };
}

function nextInSession({ count, session, sessions }: CommittedTransactions): Int32Array {
  const next = new Int32Array(count).fill(-1);
  const first = new Int32Array(sessions).fill(-1);
  for (let unit = count - 1; unit >= 0; unit--) {
    if (session[unit]! < 0) continue;
    next[unit] = first[session[unit]!]!;
    first[session[unit]!] = unit;
  }
  return next;
}

/** A unit in the smallest component. */
function smallestComponent({ component, units }: Search, sizes: readonly number[]): number {
  let best = -1;
  for (let unit = 0; unit < units.count; unit++) {
    if (component[unit]! < 0) continue;
    if (best < 0 || sizes[component[unit]!]! < sizes[component[best]!]!) best = unit;
  }
  return best;
}

/** A smallest cycle through the start of `source`, of at most `bound` edges, with SO and RT only at its end. */
function findCycleThrough(search: Search, source: number, bound: number): Cycle | null {
  const { graph, units } = search;
  beginSearch(search, source, bound >= 4);
  for (let length = 1; length <= bound && search.current.length > 0; length++) {
    for (let index = 0; index < search.current.length; index++) {
      const node = search.current[index]!;
      const closing = closingHop(search, node, source);
      if (closing !== null) return cycleOf(search, node, closing);
      if (expand(search, node, source, length === bound))
        return cycleOf(search, node, hopInto(graph, source, units.count));
    }
    nextLength(search);
  }
  return null;
}

function beginSearch(search: Search, source: number, jumps: boolean): void {
  search.searches += 1;
  search.jumps = jumps && search.graph.rule.sessions;
  search.current.length = 0;
  search.upcoming.length = 0;
  reach(search, source, source);
  search.parent[source] = -1;
  nextLength(search);
}

function nextLength(search: Search): void {
  const { current, upcoming } = search;
  current.length = 0;
  search.current = upcoming;
  search.upcoming = current;
}

/** Reaches the node's successors, unless this is the last length; whether `goal` is one of them. */
function expand(search: Search, node: number, goal: number, isLast: boolean): boolean {
  const { start, targets, unitNodes } = search.graph;
  const end = start[node + 1]!;
  search.edges += end - start[node]!;
  for (let edge = start[node]!; edge < end; edge++) {
    const target = targets[edge]!;
    if (target === goal) return true;
    if (!isLast && target < unitNodes) reach(search, target, node);
  }
  if (search.jumps && !isLast) jumpAlongSession(search, node);
  return false;
}

function jumpAlongSession(search: Search, node: number): void {
  const { graph, nextInSession: next, units } = search;
  const unit = unitOf(graph, node, units.count);
  if (graph.commitOf[unit] !== node || units.endedAt[unit] === Number.POSITIVE_INFINITY) return;
  let target = next[unit]!;
  for (let step = 0; step < SESSION_REACH && target >= 0; step++) {
    search.edges += 1;
    reach(search, target, node);
    target = next[target]!;
  }
}

/** Notes a node for the next length. With a unit's start its commit is reached: no edge between units lies there. */
function reach(search: Search, target: number, parent: number): void {
  const { component, graph, reachedIn, searches, upcoming } = search;
  if (reachedIn[target] === searches || component[target] !== component[parent]) return;
  reachedIn[target] = searches;
  search.parent[target] = parent;
  upcoming.push(target);
  if (target < search.units.count && graph.commitOf[target] !== target) {
    reach(search, graph.commitOf[target]!, target);
  }
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

/** A path may enter a unit by its commit and come back to its start; what lies between is a cycle of its own. */
function withoutDetours({ units, hops }: Cycle): Cycle {
  let first = 0;
  let length = units.length;
  for (let index = 0; index < units.length; index++) {
    const again = units.indexOf(units[index]!, index + 1);
    if (again < 0 || again - index >= length) continue;
    first = index;
    length = again - index;
  }
  return { units: units.slice(first, first + length), hops: hops.slice(first, first + length) };
}

/** Units of a cycle through `source` that are entered by RT, or `source` if none is: one has a cycle with one RT. */
function realTimeTargets(search: Search, source: number): number[] {
  const { component, graph, parent, reachedIn } = search;
  const { start, targets, unitNodes } = graph;
  beginSearch(search, source, false);
  const queue = search.current.slice();
  let last = -1;
  for (let taken = 0; taken < queue.length && last < 0; taken++) {
    const node = queue[taken]!;
    for (let edge = start[node]!; edge < start[node + 1]!; edge++) {
      const target = targets[edge]!;
      if (target === source) last = node;
      if (reachedIn[target] === search.searches || component[target] !== component[node]) continue;
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
