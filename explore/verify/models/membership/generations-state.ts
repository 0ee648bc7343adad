/**
 * A state of the model of generations, packed: what it has in common with recovery, then a word for each generation. A
 * node's log holds the transactions that it has prepared, in order; beside it stands which of them it has finished.
 */
import type { NodeId, NodeSet } from "../../../../protocol/members.ts";
import type { State } from "../../model.ts";
import {
  assertNumbersFit,
  generationWord,
  membersOf,
  NUMBER,
  numbersOf,
  OWN,
  SET,
  type Shape,
} from "./membership-state.ts";

/** What the fields below have room for. */
export const MOST_TRANSACTIONS = 5;

const WAL = OWN;
const FINISHED = WAL + 3 * MOST_TRANSACTIONS;
const EVERY_TRANSACTION = (1 << MOST_TRANSACTIONS) - 1;

/** A generation: members and donors. */
const DONORS = 4;

/** Throws RangeError. */
export function assertFits(shape: Shape): void {
  assertNumbersFit(shape);
  if (shape.transactions > MOST_TRANSACTIONS)
    throw new RangeError(`a node's log has room for ${MOST_TRANSACTIONS} transactions`);
}

export function wordsOf({ nodes, generations, transactions }: Shape): number {
  return nodes + transactions + generations;
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

export function donorsOf(shape: Shape, state: State, generation: number): NodeSet {
  return ((state[generationWord(shape, generation)] as number) >>> DONORS) & SET;
}

export function setGeneration(
  shape: Shape,
  state: State,
  generation: number,
  members: NodeSet,
  donors: NodeSet,
): void {
  state[generationWord(shape, generation)] = members | (donors << DONORS);
}

/** How many have been elected: the number of the latest. */
export function electedIn(shape: Shape, state: State): number {
  let count = 0;
  while (count < shape.generations && membersOf(shape, state, count + 1) !== 0) count += 1;
  return count;
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
