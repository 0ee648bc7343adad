/**
 * What states of generations and of recovery have in common: first a word for each node, whose lowest bits are three
 * numbers of generations, then one for each transaction, then one for each generation, whose lowest bits are its
 * members. Nodes, generations and transactions are numbered from 1; 0 is none.
 */
import { type NodeId, type NodeSet, setOf } from "../../../../protocol/members.ts";
import type { State } from "../../model.ts";

export interface Shape {
  readonly nodes: number;
  readonly transactions: number;
  readonly generations: number;
}

/** What three bits, and four, have room for. */
export const NUMBER = 0b111;
export const SET = 0b1111;
const MOST_NODES = 4;

export const UNDECIDED = 0;
export const COMMITTED = 1;
export const ABORTED = 2;

/** The generation that a node is in, the last one in which it was online, and the last one that it voted for. */
const ONLINE = 3;
const VOTE = 6;
/** The first bit of a node's word that is its model's own. */
export const OWN = 9;
const NUMBERS = (1 << OWN) - 1;

/** A transaction: its generation, the node where it began, how it was decided, and who has acknowledged its PREPARE. */
const ORIGIN = 3;
const FATE = 6;
const ACKS = 8;

export interface Transaction {
  readonly generation: number;
  readonly origin: NodeId;
  readonly fate: number;
  readonly acks: NodeSet;
}

/** Throws RangeError. */
export function assertNumbersFit({ nodes, generations }: Shape): void {
  if (nodes > MOST_NODES || generations > NUMBER)
    throw new RangeError(`there is room for ${MOST_NODES} nodes and ${NUMBER} generations`);
}

export function currentOf(state: State, node: NodeId): number {
  return (state[node - 1] as number) & NUMBER;
}

export function onlineOf(state: State, node: NodeId): number {
  return ((state[node - 1] as number) >>> ONLINE) & NUMBER;
}

export function voteOf(state: State, node: NodeId): number {
  return ((state[node - 1] as number) >>> VOTE) & NUMBER;
}

/** The numbers of generations alone, which no renaming of nodes changes. */
export function numbersOf(state: State, node: NodeId): number {
  return (state[node - 1] as number) & NUMBERS;
}

export function setNumbers(state: State, node: NodeId, current: number, online: number, vote: number): void {
  const own = (state[node - 1] as number) & ~NUMBERS;
  state[node - 1] = own | current | (online << ONLINE) | (vote << VOTE);
}

export function isOnline(state: State, node: NodeId): boolean {
  return onlineOf(state, node) === currentOf(state, node);
}

/** Where the word of a generation stands. */
export function generationWord({ nodes, transactions }: Shape, generation: number): number {
  return nodes + transactions + generation - 1;
}

export function membersOf(shape: Shape, state: State, generation: number): NodeSet {
  return (state[generationWord(shape, generation)] as number) & SET;
}

export function generationOf({ nodes }: Shape, state: State, transaction: number): number {
  return (state[nodes + transaction - 1] as number) & NUMBER;
}

export function originOf({ nodes }: Shape, state: State, transaction: number): NodeId {
  return ((state[nodes + transaction - 1] as number) >>> ORIGIN) & NUMBER;
}

export function fateOf({ nodes }: Shape, state: State, transaction: number): number {
  return ((state[nodes + transaction - 1] as number) >>> FATE) & 0b11;
}

export function acksOf({ nodes }: Shape, state: State, transaction: number): NodeSet {
  return ((state[nodes + transaction - 1] as number) >>> ACKS) & SET;
}

export function setTransaction({ nodes }: Shape, state: State, transaction: number, to: Transaction): void {
  state[nodes + transaction - 1] =
    to.generation | (to.origin << ORIGIN) | (to.fate << FATE) | (to.acks << ACKS);
}

/** At a node, which has prepared it, in the generation that it is in. */
export function beginTransaction(shape: Shape, state: State, transaction: number, origin: NodeId): void {
  const generation = currentOf(state, origin);
  setTransaction(shape, state, transaction, { generation, origin, fate: UNDECIDED, acks: setOf(origin) });
}

/** Bits of outcomes that both models have, in this order: committed on every node, in a later generation, aborted. */
export function outcomesOfTransactions(
  shape: Shape,
  state: State,
  isFinishedEverywhere: (transaction: number) => boolean,
): number {
  let outcomes = 0;
  for (let transaction = 1; transaction <= begunIn(shape, state); transaction++) {
    const fate = fateOf(shape, state, transaction);
    if (fate === ABORTED) outcomes |= 4;
    if (fate !== COMMITTED) continue;
    if (generationOf(shape, state, transaction) > 1) outcomes |= 2;
    if (isFinishedEverywhere(transaction)) outcomes |= 1;
  }
  return outcomes;
}

/** How many have begun: the number of the latest. */
export function begunIn(shape: Shape, state: State): number {
  let count = 0;
  while (count < shape.transactions && generationOf(shape, state, count + 1) !== 0) count += 1;
  return count;
}

/** The node has prepared it: as good as a vote to commit, for as long as nothing is decided. */
export function acknowledge(shape: Shape, state: State, transaction: number, node: NodeId): void {
  if (fateOf(shape, state, transaction) !== UNDECIDED) return;
  setTransaction(shape, state, transaction, {
    generation: generationOf(shape, state, transaction),
    origin: originOf(shape, state, transaction),
    fate: UNDECIDED,
    acks: acksOf(shape, state, transaction) | setOf(node),
  });
}

/** For all at once: that nodes agree on an outcome is what models of commit protocols are for. */
export function decideAs(shape: Shape, state: State, transaction: number, fate: number): void {
  const generation = generationOf(shape, state, transaction);
  setTransaction(shape, state, transaction, {
    generation,
    origin: originOf(shape, state, transaction),
    fate,
    acks: 0,
  });
}

/** Whether its coordinator still is in its generation, and nothing is decided. */
export function isOpen(shape: Shape, state: State, transaction: number): boolean {
  const generation = generationOf(shape, state, transaction);
  if (generation === 0 || fateOf(shape, state, transaction) !== UNDECIDED) return false;
  return currentOf(state, originOf(shape, state, transaction)) === generation;
}

/** The numbers of transactions under other names: those of a node together, in the order in which they began. */
export function renameTransactions(
  shape: Shape,
  state: State,
  nodeNames: readonly NodeId[],
  names: number[],
): void {
  const begun = begunIn(shape, state);
  for (let transaction = 1; transaction <= begun; transaction++) {
    const origin = nodeNames[originOf(shape, state, transaction)] as number;
    let before = 0;
    for (let other = 1; other <= begun; other++) {
      const otherOrigin = nodeNames[originOf(shape, state, other)] as number;
      if (otherOrigin < origin || (otherOrigin === origin && other < transaction)) before += 1;
    }
    names[transaction] = before + 1;
  }
}
