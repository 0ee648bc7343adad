/**
 * Directed graphs over small integers, as arrays: the successors of node v are `targets[start[v]]` up to
 * `targets[start[v + 1]]`. O(V + E) each, without recursion and without an object for an edge.
 */

import { type Arena, bytesIn, intsIn } from "./arena.ts";

export interface Graph {
  readonly nodes: number;
  readonly start: Int32Array;
  readonly targets: Int32Array;
}

/** Edges in no order, as columns with room to grow. */
export interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  length: number;
}

export function addEdge(edges: Edges, from: number, to: number): void {
  edges.from[edges.length] = from;
  edges.to[edges.length++] = to;
}

/** By counting sort. */
export function graphOf(arena: Arena, nodes: number, { from, to, length }: Edges): Graph {
  const start = intsIn(arena, nodes + 1);
  for (let edge = 0; edge < length; edge++) start[from[edge]! + 1]!++;
  for (let node = 0; node < nodes; node++) start[node + 1]! += start[node]!;
  const cursor = intsIn(arena, nodes + 1);
  cursor.set(start);
  const targets = intsIn(arena, length);
  for (let edge = 0; edge < length; edge++) targets[cursor[from[edge]!]!++] = to[edge]!;
  return { nodes, start, targets };
}

/** Nodes that lie on some cycle, or between cycles, after Kahn's removal of nodes without predecessors; or null. */
export function cyclicNodes(arena: Arena, { nodes, start, targets }: Graph): Uint8Array | null {
  const indegree = intsIn(arena, nodes);
  for (let edge = 0; edge < targets.length; edge++) indegree[targets[edge]!]!++;
  const queue = intsIn(arena, nodes);
  let found = 0;
  for (let node = 0; node < nodes; node++) {
    if (indegree[node] === 0) queue[found++] = node;
  }
  for (let taken = 0; taken < found; taken++) {
    const node = queue[taken]!;
    const end = start[node + 1]!;
    for (let edge = start[node]!; edge < end; edge++) {
      const target = targets[edge]!;
      if (--indegree[target]! === 0) queue[found++] = target;
    }
  }
  if (found === nodes) return null;
  const cyclic = bytesIn(arena, nodes);
  for (let node = 0; node < nodes; node++) cyclic[node] = indegree[node]! > 0 ? 1 : 0;
  return cyclic;
}

export interface Components {
  /** For each node the number of its strongly connected component, or -1 if that is the node alone. */
  readonly of: Int32Array;
  /** Nodes of each component. */
  readonly sizes: number[];
}

/** Strongly connected components among the marked nodes (Tarjan, "Depth-First Search and Linear Graph Algorithms"). */
export function stronglyConnected({ nodes, start, targets }: Graph, marked: Uint8Array): Components {
  const of = new Int32Array(nodes).fill(-1);
  const sizes: number[] = [];
  /** 0: unvisited; a node whose component is known gets FINISHED, so that it no longer counts. */
  const visit = new Int32Array(nodes);
  const low = new Int32Array(nodes);
  const cursor = new Int32Array(nodes);
  const path = new Int32Array(nodes);
  const open = new Int32Array(nodes);
  let visits = 0;
  let opened = 0;
  for (let root = 0; root < nodes; root++) {
    if (marked[root] === 0 || visit[root] !== 0) continue;
    let depth = 0;
    path[0] = root;
    while (depth >= 0) {
      const node = path[depth]!;
      if (visit[node] === 0) {
        visit[node] = ++visits;
        low[node] = visits;
        cursor[node] = start[node]!;
        open[opened++] = node;
      }
      const next = nextUnvisited(targets, marked, visit, low, cursor, node, start[node + 1]!);
      if (next >= 0) {
        path[++depth] = next;
        continue;
      }
      depth -= 1;
      if (depth >= 0 && low[node]! < low[path[depth]!]!) low[path[depth]!] = low[node]!;
      if (low[node] === visit[node]) opened = closeComponent(open, opened, node, visit, of, sizes);
    }
  }
  return { of, sizes };
}

const FINISHED = 0x7fffffff;

/** Moves the node's cursor to the first successor that was not visited, lowering `low` on the way; -1 at the end. */
function nextUnvisited(
  targets: Int32Array,
  marked: Uint8Array,
  visit: Int32Array,
  low: Int32Array,
  cursor: Int32Array,
  node: number,
  end: number,
): number {
  for (let edge = cursor[node]!; edge < end; edge++) {
    const target = targets[edge]!;
    if (marked[target] === 0) continue;
    if (visit[target] === 0) {
      cursor[node] = edge + 1;
      return target;
    }
    if (visit[target]! < low[node]!) low[node] = visit[target]!;
  }
  cursor[node] = end;
  return -1;
}

function closeComponent(
  open: Int32Array,
  opened: number,
  root: number,
  visit: Int32Array,
  of: Int32Array,
  sizes: number[],
): number {
  let start = opened;
  do {
    start -= 1;
    visit[open[start]!] = FINISHED;
  } while (open[start] !== root);
  const size = opened - start;
  if (size === 1) return start;
  for (let index = start; index < opened; index++) of[open[index]!] = sizes.length;
  sizes.push(size);
  return start;
}
