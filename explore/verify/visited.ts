/**
 * The set of states seen, in the order in which they were first seen: an open-addressing table of indices into one flat
 * array of words. An object or a string for each state would cost ten times the memory and the time.
 */
import type { State } from "./model.ts";

export interface Visited {
  readonly words: number;
  count: number;
  /** State n is at n * words. */
  states: Int32Array;
  /** The state from which each was reached first; -1 of an initial one. */
  parents: Int32Array;
  /** Index + 1 of a state, or 0. */
  table: Int32Array;
}

const FIRST_CAPACITY = 1 << 12;

export function createVisited(words: number): Visited {
  return {
    words,
    count: 0,
    states: new Int32Array(FIRST_CAPACITY * words),
    parents: new Int32Array(FIRST_CAPACITY),
    table: new Int32Array(FIRST_CAPACITY * 2),
  };
}

/** True if the state is new. */
export function addState(visited: Visited, state: State, parent: number): boolean {
  const slot = findSlot(visited, visited.table, state, 0);
  if (visited.table[slot] !== 0) return false;
  const index = visited.count;
  visited.states.set(state, index * visited.words);
  visited.parents[index] = parent;
  visited.count += 1;
  visited.table[slot] = visited.count;
  if (visited.count === visited.parents.length) grow(visited);
  return true;
}

export function readState(visited: Visited, index: number, into: State): void {
  const { words, states } = visited;
  for (let word = 0; word < words; word++) into[word] = states[index * words + word] as number;
}

/** Whether `state` is state `index`. */
export function isState(visited: Visited, index: number, state: State): boolean {
  return isEqual(visited, index, state, 0);
}

/** Where the state that stands at `offset` of `source` is in the table, or would be. */
function findSlot(visited: Visited, table: Int32Array, source: State, offset: number): number {
  const mask = table.length - 1;
  let slot = hashOf(source, offset, visited.words) & mask;
  for (;;) {
    const found = table[slot] as number;
    if (found === 0 || isEqual(visited, found - 1, source, offset)) return slot;
    slot = (slot + 1) & mask;
  }
}

function isEqual({ words, states }: Visited, index: number, source: State, offset: number): boolean {
  for (let word = 0; word < words; word++) {
    if (states[index * words + word] !== source[offset + word]) return false;
  }
  return true;
}

function hashOf(source: State, offset: number, words: number): number {
  let hash = 0x2545f491;
  for (let word = 0; word < words; word++) {
    hash = Math.imul(hash ^ (source[offset + word] as number), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca77);
  return (hash ^ (hash >>> 13)) >>> 0;
}

function grow(visited: Visited): void {
  const capacity = visited.parents.length * 2;
  const { states, parents, words, count } = visited;
  visited.states = new Int32Array(capacity * words);
  visited.states.set(states);
  visited.parents = new Int32Array(capacity);
  visited.parents.set(parents);
  const table = new Int32Array(capacity * 2);
  for (let index = 0; index < count; index++) {
    table[findSlot(visited, table, visited.states, index * words)] = index + 1;
  }
  visited.table = table;
}
