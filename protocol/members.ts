/**
 * Nodes and sets of nodes.
 *
 * A node is a number from 1 to 16; a set of nodes is a bit mask, so that it is a value (compared with ===,
 * never aliased) and fits a message, a gid text and a typed array alike.
 */

/** Number of a node, from 1 to MAX_NODES. */
export type NodeId = number;

/** Set of nodes: bit n-1 stands for node n. */
export type NodeSet = number;

/** The limit of the original multimaster, kept: the exact clique search stays cheap up to it. */
export const MAX_NODES = 16;

export function setOf(node: NodeId): NodeSet {
  return 1 << (node - 1);
}

/** Nodes 1 to `count`. */
export function firstNodes(count: number): NodeSet {
  return (1 << count) - 1;
}

export function contains(set: NodeSet, node: NodeId): boolean {
  return (set & (1 << (node - 1))) !== 0;
}

export function size(set: NodeSet): number {
  let rest = set;
  let count = 0;
  while (rest !== 0) {
    rest &= rest - 1;
    count += 1;
  }
  return count;
}

/** Members in ascending order. */
export function toList(set: NodeSet): NodeId[] {
  const nodes: NodeId[] = [];
  for (let node = 1; node <= MAX_NODES; node++) {
    if (contains(set, node)) nodes.push(node);
  }
  return nodes;
}

/** The smallest number of members that any two such subsets share a node: floor(n/2) + 1. */
export function majority(set: NodeSet): number {
  return (size(set) >> 1) + 1;
}

/** Lowest-numbered member, or 0 of the empty set. */
export function lowest(set: NodeSet): NodeId {
  for (let node = 1; node <= MAX_NODES; node++) {
    if (contains(set, node)) return node;
  }
  return 0;
}
