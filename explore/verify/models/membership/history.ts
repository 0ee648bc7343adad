/**
 * What must hold of the order in which nodes have prepared: the properties of generations, in the words of the
 * multimaster's README ("generations2.md"), for any model that can say what is in its logs.
 */
import type { NodeId } from "../../../../protocol/members.ts";
import type { Invariant, State } from "../../model.ts";
import {
  acksOf,
  begunIn,
  COMMITTED,
  currentOf,
  fateOf,
  generationOf,
  isOnline,
  isOpen,
  membersOf,
  onlineOf,
  type Shape,
  voteOf,
} from "./membership-state.ts";

/** How a model's state is read. Positions in a log begin at 0. */
export interface History {
  readonly shape: Shape;
  /** Records in a node's log. */
  lengthOf(state: State, node: NodeId): number;
  /** The transaction that a record prepares, or 0: a record of another kind. */
  preparedAt(state: State, node: NodeId, position: number): number;
  holds(state: State, node: NodeId, transaction: number): boolean;
}

export function historyInvariants(history: History): Invariant[] {
  return [
    generationsInOrder(history),
    onlineHoldsAll(history),
    sameOrder(history),
    numbersInOrder(history.shape),
  ];
}

function isCommitted({ shape }: History, state: State, transaction: number): boolean {
  return fateOf(shape, state, transaction) === COMMITTED;
}

/** Whether it has committed or could now: every member has prepared, and its coordinator still is in its generation. */
function isCommittable(history: History, state: State, transaction: number): boolean {
  const { shape } = history;
  if (!isOpen(shape, state, transaction)) return isCommitted(history, state, transaction);
  const members = membersOf(shape, state, generationOf(shape, state, transaction));
  return (members & ~acksOf(shape, state, transaction)) === 0;
}

/** P1: every committable prepare of a generation lies before every one of a later generation. */
function generationsInOrder(history: History): Invariant {
  return {
    name: "generations in order",
    violation: (state) => {
      for (let node = 1; node <= history.shape.nodes; node++) {
        let latest = 0;
        for (let position = 0; position < history.lengthOf(state, node); position++) {
          const transaction = history.preparedAt(state, node, position);
          if (transaction === 0 || !isCommittable(history, state, transaction)) continue;
          const generation = generationOf(history.shape, state, transaction);
          if (generation < latest) {
            return `node ${node} has prepared t${transaction} of generation ${generation} after one of ${latest}`;
          }
          latest = generation;
        }
      }
      return null;
    },
  };
}

/** P2: whoever is online in a generation holds every committable transaction of earlier ones. */
function onlineHoldsAll(history: History): Invariant {
  return {
    name: "online holds all",
    violation: (state) => {
      for (let node = 1; node <= history.shape.nodes; node++) {
        if (!isOnline(state, node)) continue;
        const online = currentOf(state, node);
        const lacked = firstLackedBefore(history, state, node, online);
        if (lacked === 0) continue;
        return `node ${node} is online in generation ${online} without t${lacked} of generation ${generationOf(history.shape, state, lacked)}`;
      }
      return null;
    },
  };
}

/** A committable transaction of an earlier generation that the node does not hold; 0 if there is none. */
export function firstLackedBefore(history: History, state: State, node: NodeId, generation: number): number {
  const { shape } = history;
  for (let transaction = 1; transaction <= begunIn(shape, state); transaction++) {
    if (generationOf(shape, state, transaction) >= generation) continue;
    if (isCommittable(history, state, transaction) && !history.holds(state, node, transaction))
      return transaction;
  }
  return 0;
}

/** All transactions conflict: of any two nodes, one has committed what the other has, in that order, and maybe more. */
function sameOrder(history: History): Invariant {
  return {
    name: "same order",
    violation: (state) => {
      for (let node = 1; node <= history.shape.nodes; node++) {
        for (let other = node + 1; other <= history.shape.nodes; other++) {
          if (isPrefix(history, state, node, other)) continue;
          return `node ${node} has committed ${showLog(history, state, node)}, and node ${other} ${showLog(history, state, other)}`;
        }
      }
      return null;
    },
  };
}

/** Whether the shorter of two committed logs is how the longer one begins. */
function isPrefix(history: History, state: State, one: NodeId, other: NodeId): boolean {
  let left = nextCommitted(history, state, one, 0);
  let right = nextCommitted(history, state, other, 0);
  while (left >= 0 && right >= 0) {
    if (history.preparedAt(state, one, left) !== history.preparedAt(state, other, right)) return false;
    left = nextCommitted(history, state, one, left + 1);
    right = nextCommitted(history, state, other, right + 1);
  }
  return true;
}

/** Position of the next prepare, from `from` on, of a transaction that has committed; -1 if there is none. */
function nextCommitted(history: History, state: State, node: NodeId, from: number): number {
  const end = history.lengthOf(state, node);
  for (let position = from; position < end; position++) {
    const transaction = history.preparedAt(state, node, position);
    if (transaction !== 0 && isCommitted(history, state, transaction)) return position;
  }
  return -1;
}

function showLog(history: History, state: State, node: NodeId): string {
  const words: string[] = [];
  for (let position = nextCommitted(history, state, node, 0); position >= 0; ) {
    words.push(`t${history.preparedAt(state, node, position)}`);
    position = nextCommitted(history, state, node, position + 1);
  }
  return words.length === 0 ? "nothing" : words.join(", ");
}

function numbersInOrder({ nodes }: Shape): Invariant {
  return {
    name: "online, current, vote",
    violation: (state) => {
      for (let node = 1; node <= nodes; node++) {
        const [online, current, vote] = [onlineOf(state, node), currentOf(state, node), voteOf(state, node)];
        if (online <= current && current <= vote) continue;
        return `node ${node} was online in ${online}, is in ${current} and has voted for ${vote}`;
      }
      return null;
    },
  };
}
