/**
 * A state of the model of generations, packed: a word for each node, then one for each generation, then one for each
 * transaction. Nodes, generations and transactions are numbered from 1; 0 is none.
 */
import type { NodeId, NodeSet } from "../../../../protocol/members.ts";
import type { State } from "../../model.ts";

export interface Shape {
  readonly nodes: number;
  readonly transactions: number;
  readonly generations: number;
}

/** What the fields below have room for. */
export const MOST_NODES = 4;
export const MOST_TRANSACTIONS = 5;
export const MOST_GENERATIONS = 7;

export const UNDECIDED = 0;
export const COMMITTED = 1;
export const ABORTED = 2;

/** A node: three numbers of generations; the transactions that it has prepared, in order; those that it has finished. */
const ONLINE = 3;
const VOTE = 6;
const WAL = 9;
const FINISHED = 24;
const NUMBER = 0b111;
const EVERY_TRANSACTION = (1 << MOST_TRANSACTIONS) - 1;

/** A generation: members and donors. */
const DONORS = 4;
const SET = 0b1111;

/** A transaction: its generation, the node where it began, how it was decided, and who has acknowledged its PREPARE. */
const ORIGIN = 3;
const FATE = 6;
const ACKS = 8;

export function wordsOf({ nodes, generations, transactions }: Shape): number {
  return nodes + generations + transactions;
}

export function nodeWord(current: number, online: number, vote: number): number {
  return current | (online << ONLINE) | (vote << VOTE);
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
  return (state[node - 1] as number) & ((1 << WAL) - 1);
}

export function setNumbers(state: State, node: NodeId, current: number, online: number, vote: number): void {
  const rest = (state[node - 1] as number) & ~((1 << WAL) - 1);
  state[node - 1] = rest | nodeWord(current, online, vote);
}

/** The transaction prepared at a position from 0 on; 0 behind the end. */
export function preparedAt(state: State, node: NodeId, position: number): number {
  if (position >= MOST_TRANSACTIONS) return 0;
  return ((state[node - 1] as number) >>> (WAL + 3 * position)) & NUMBER;
}

export function walLength(state: State, node: NodeId): number {
  let length = 0;
  while (preparedAt(state, node, length) !== 0) length += 1;
  return length;
}

export function isInWal(state: State, node: NodeId, transaction: number): boolean {
  for (let position = 0; position < MOST_TRANSACTIONS; position++) {
    if (preparedAt(state, node, position) === transaction) return true;
  }
  return false;
}

export function append(state: State, node: NodeId, transaction: number): void {
  state[node - 1] = (state[node - 1] as number) | (transaction << (WAL + 3 * walLength(state, node)));
}

export function isFinished(state: State, node: NodeId, transaction: number): boolean {
  return ((state[node - 1] as number) & (1 << (FINISHED + transaction - 1))) !== 0;
}

export function finish(state: State, node: NodeId, transaction: number): void {
  state[node - 1] = (state[node - 1] as number) | (1 << (FINISHED + transaction - 1));
}

/** The one transaction that is prepared and not finished, whose locks nobody gets past; 0 if there is none. */
export function pendingAt(state: State, node: NodeId): number {
  const last = walLength(state, node) - 1;
  const transaction = last < 0 ? 0 : preparedAt(state, node, last);
  return transaction === 0 || isFinished(state, node, transaction) ? 0 : transaction;
}

export function membersOf({ nodes }: Shape, state: State, generation: number): NodeSet {
  return (state[nodes + generation - 1] as number) & SET;
}

export function donorsOf({ nodes }: Shape, state: State, generation: number): NodeSet {
  return ((state[nodes + generation - 1] as number) >>> DONORS) & SET;
}

export function setGeneration(
  { nodes }: Shape,
  state: State,
  generation: number,
  members: NodeSet,
  donors: NodeSet,
): void {
  state[nodes + generation - 1] = members | (donors << DONORS);
}

/** How many have been elected: the number of the latest. */
export function electedIn(shape: Shape, state: State): number {
  let count = 0;
  while (count < shape.generations && membersOf(shape, state, count + 1) !== 0) count += 1;
  return count;
}

export function generationOf(shape: Shape, state: State, transaction: number): number {
  return (state[transactionWord(shape, transaction)] as number) & NUMBER;
}

export function originOf(shape: Shape, state: State, transaction: number): NodeId {
  return ((state[transactionWord(shape, transaction)] as number) >>> ORIGIN) & NUMBER;
}

export function fateOf(shape: Shape, state: State, transaction: number): number {
  return ((state[transactionWord(shape, transaction)] as number) >>> FATE) & 0b11;
}

export function acksOf(shape: Shape, state: State, transaction: number): NodeSet {
  return ((state[transactionWord(shape, transaction)] as number) >>> ACKS) & SET;
}

/** How many have begun: the number of the latest. */
export function begunIn(shape: Shape, state: State): number {
  let count = 0;
  while (count < shape.transactions && generationOf(shape, state, count + 1) !== 0) count += 1;
  return count;
}

export function setTransaction(
  shape: Shape,
  state: State,
  transaction: number,
  generation: number,
  origin: NodeId,
  fate: number,
  acks: NodeSet,
): void {
  state[transactionWord(shape, transaction)] =
    generation | (origin << ORIGIN) | (fate << FATE) | (acks << ACKS);
}

function transactionWord({ nodes, generations }: Shape, transaction: number): number {
  return nodes + generations + transaction - 1;
}

/** Number of a transaction under other names: those of a node stand together, in the order in which they began. */
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

/** A node's word with its transactions under other names. */
export function renameInNode(state: State, node: NodeId, names: readonly number[]): number {
  let word = numbersOf(state, node);
  for (let position = 0; position < MOST_TRANSACTIONS; position++) {
    const transaction = preparedAt(state, node, position);
    if (transaction === 0) break;
    const name = names[transaction] as number;
    word |= name << (WAL + 3 * position);
    if (isFinished(state, node, transaction)) word |= 1 << (FINISHED + name - 1);
  }
  return word;
}

/** Whether each that is finished was prepared: its outcome stands behind its PREPARE. */
export function finishesOnlyPrepared(state: State, node: NodeId): boolean {
  let finished = ((state[node - 1] as number) >>> FINISHED) & EVERY_TRANSACTION;
  for (let transaction = 1; finished !== 0; transaction++, finished >>>= 1) {
    if ((finished & 1) !== 0 && !isInWal(state, node, transaction)) return false;
  }
  return true;
}
