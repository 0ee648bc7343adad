/**
 * Nodes that differ by their numbers alone: of all the states that are the same but for the names of the nodes, one
 * stands for all. Six times fewer states with three nodes.
 */
import { type NodeId, type NodeSet, setOf, toList } from "../../../../protocol/members.ts";
import type { State } from "../../model.ts";

export interface Renaming {
  /** The new number of each node, by its old one. */
  readonly node: readonly NodeId[];
  /** The new set, by the old one. */
  readonly set: readonly NodeSet[];
}

interface Interchange {
  readonly nodes: number;
  /** Something about a node in which no name of a node occurs. */
  keyOf(state: State, node: NodeId): number;
  /** Writes the state under other names into `renamed`, all of it. */
  rename(state: State, renaming: Renaming, renamed: State): void;
}

/** The least of the states under all names that put the nodes in the order of their keys. */
export function interchanging({ nodes, keyOf, rename }: Interchange): (state: State) => void {
  const renamings = renamingsOf(nodes);
  const keys = new Int32Array(nodes);
  let renamed: State = new Int32Array(0);
  let least: State = new Int32Array(0);
  return (state) => {
    if (renamed.length !== state.length) [renamed, least] = [state.slice(), state.slice()];
    let found = false;
    for (const renaming of renamings) {
      for (let node = 1; node <= nodes; node++) {
        keys[(renaming.node[node] as number) - 1] = keyOf(state, node);
      }
      if (!isAscending(keys)) continue;
      rename(state, renaming, renamed);
      if (!found || isLess(renamed, least)) [renamed, least] = [least, renamed];
      found = true;
    }
    state.set(least);
  };
}

function isAscending(keys: Int32Array): boolean {
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] as number) > (keys[index] as number)) return false;
  }
  return true;
}

function isLess(one: State, other: State): boolean {
  for (let word = 0; word < one.length; word++) {
    const difference = (one[word] as number) - (other[word] as number);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function renamingsOf(nodes: number): Renaming[] {
  const every = Array.from({ length: nodes }, (_, index) => index + 1);
  return ordersOf(every).map((order) => {
    const node = [0, ...order];
    const set = Array.from({ length: 1 << nodes }, (_, members) =>
      toList(members).reduce((renamed, member) => renamed | setOf(node[member] as number), 0),
    );
    return { node, set };
  });
}

function ordersOf(items: readonly number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((first) =>
    ordersOf(items.filter((item) => item !== first)).map((rest) => [first, ...rest]),
  );
}
