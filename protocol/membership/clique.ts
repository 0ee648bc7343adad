/**
 * Who can work together: the largest set of nodes that all see each other (mmts 3.2, 3.3).
 *
 * Every node computes it from the same matrix and must come to the same answer, so it is exact, and of several
 * largest ones it is that of the smallest mask. (The original means to do so, and does not from 5 nodes on: mmts F6.)
 */
import { contains, MAX_NODES, type NodeId, type NodeSet, setOf, size } from "../members.ts";

/** By node, entry 0 unused: whom it sees. */
export type Links = readonly NodeSet[];

/** Whether both see each other; what only one side reports is down. */
export function isLinked(links: Links, one: NodeId, other: NodeId): boolean {
  if (one === other) return true;
  return contains(links[one] ?? 0, other) && contains(links[other] ?? 0, one);
}

/** Of the nodes in `among`. */
export function largestClique(links: Links, among: NodeSet): NodeSet {
  const search: Search = { neighbours: neighboursOf(links, among), best: 0, bestSize: 0 };
  extend(search, 0, 0, among);
  return search.best;
}

/** Whether all of the set see each other. */
export function isClique(links: Links, set: NodeSet): boolean {
  const neighbours = neighboursOf(links, set);
  for (let node = 1; node <= MAX_NODES; node++) {
    if (contains(set, node) && neighbours[node] !== set) return false;
  }
  return true;
}

interface Search {
  /** By node: those that it and they see, itself included. */
  readonly neighbours: readonly NodeSet[];
  best: NodeSet;
  bestSize: number;
}

/**
 * Leaves the highest candidate out before it takes it in, so sets come in ascending order of their masks, and the first
 * of a size is the smallest.
 */
function extend(search: Search, chosen: NodeSet, chosenSize: number, candidates: NodeSet): void {
  if (chosenSize + size(candidates) <= search.bestSize) return;
  const highest = highestOf(candidates);
  if (highest === 0) {
    search.best = chosen;
    search.bestSize = chosenSize;
    return;
  }
  const rest = candidates & ~setOf(highest);
  extend(search, chosen, chosenSize, rest);
  extend(search, chosen | setOf(highest), chosenSize + 1, rest & (search.neighbours[highest] as NodeSet));
}

function neighboursOf(links: Links, among: NodeSet): NodeSet[] {
  const neighbours: NodeSet[] = [];
  for (let node = 0; node <= MAX_NODES; node++) {
    let seen = 0;
    for (let other = 1; other <= MAX_NODES; other++) {
      if (node > 0 && contains(among, other) && isLinked(links, node, other)) seen |= setOf(other);
    }
    neighbours.push(seen);
  }
  return neighbours;
}

function highestOf(set: NodeSet): NodeId {
  return 32 - Math.clz32(set);
}
