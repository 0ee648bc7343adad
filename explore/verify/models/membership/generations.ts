/**
 * Generations: numbered sets of members, all of whom must prepare a transaction. After MtmGenerations.tla of the
 * multimaster: an election is one step, every two transactions conflict, and the log holds nothing but prepares.
 *
 * A vote for generation n promises never to come online in an earlier one where one is not online yet; so what a voter
 * says of its last generation online stays true, and those with the latest one, the donors, hold every transaction
 * that may ever commit in an earlier generation.
 */
import { contains, firstNodes, majority, type NodeId, setOf, size } from "../../../../protocol/members.ts";
import type { Invariant, Model, State, Visit } from "../../model.ts";
import * as packed from "./generations-state.ts";
import { type History, historyInvariants } from "./history.ts";
import { interchanging } from "./interchange.ts";

const ACTIONS = [
  "elect",
  "learn",
  "come online",
  "pull in recovery",
  "pull from the origin",
  "prepare",
  "abort",
  "commit",
  "finish",
] as const;

const ELECT = 0;
const LEARN = 1;
const GET_ONLINE = 2;
const PULL_RECOVERY = 3;
const PULL_NORMAL = 4;
const PREPARE = 5;
const ABORT = 6;
const COMMIT = 7;
const FINISH = 8;

export const GENERATIONS_MUTANTS = {
  "commits-on-majority": "a majority of the configured nodes is enough to commit",
  "accepts-older-prepares": "a node that is online accepts prepares of older generations from their origin",
  "breaks-promise": "a node comes online in a generation although it has voted for a later one",
  "everyone-is-donor": "every voter is a donor, however long it was away",
  "online-too-soon": "a node comes online before it has all that its donor has of earlier generations",
  "recovers-from-anyone": "a node recovers from any node, donor or not: safe, since P2 holds of whoever is online",
} as const;

export type GenerationsMutant = keyof typeof GENERATIONS_MUTANTS;

export const GENERATIONS_SHAPE: packed.Shape = { nodes: 3, transactions: 2, generations: 3 };

/** What every action needs: where it begins, and where it writes what it leads to. */
interface Moves {
  readonly shape: packed.Shape;
  readonly mutant: GenerationsMutant | null;
  readonly state: State;
  readonly next: State;
  readonly visit: Visit;
}

export function generations(
  shape: packed.Shape = GENERATIONS_SHAPE,
  mutant: GenerationsMutant | null = null,
): Model {
  const every = firstNodes(shape.nodes);
  const initial = new Int32Array(packed.wordsOf(shape));
  for (let node = 1; node <= shape.nodes; node++) packed.setNumbers(initial, node, 1, 1, 1);
  packed.setGeneration(shape, initial, 1, every, every);
  return {
    name: "generations",
    about: "generations of members: elections at once, recovery from donors, conflicting transactions",
    source: "MtmGenerations.tla of the multimaster",
    bounds: `${shape.nodes} nodes, ${shape.transactions} transactions, ${shape.generations} generations; an election is one step, and no generation is a minority's`,
    vocabulary: {
      actions: ACTIONS,
      messages: [],
      states: ["online", "recovering", "dead"],
      outcomes: ["committed on every node", "committed in a later generation", "aborted", "recovered"],
    },
    words: packed.wordsOf(shape),
    initial: [[...initial]],
    successors: (state, next, visit) => takeActions({ shape, mutant, state, next, visit }),
    canonicalize: interchanging({
      nodes: shape.nodes,
      keyOf: packed.numbersOf,
      rename: renaming(shape),
    }),
    observe: (state, seen) => {
      seen.states |= statesIn(shape, state);
      seen.outcomes |= outcomesIn(shape, state);
    },
    invariants: invariantsOf(shape),
    describe: (state, action, argument) => describe(shape, state, action, argument),
  };
}

function takeActions(moves: Moves): void {
  const { nodes, transactions } = moves.shape;
  elect(moves);
  for (let node = 1; node <= nodes; node++) {
    learn(moves, node);
    getOnline(moves, node);
    prepare(moves, node);
    finish(moves, node);
    for (let other = 1; other <= nodes; other++) {
      if (other === node) continue;
      pullInRecovery(moves, node, other);
      pullNormally(moves, node, other);
    }
  }
  for (let transaction = 1; transaction <= transactions; transaction++) decide(moves, transaction);
}

/** Its members vote, and they alone: the next number promises all of them to all. */
function elect({ shape, mutant, state, next, visit }: Moves): void {
  const generation = packed.electedIn(shape, state) + 1;
  if (generation > shape.generations) return;
  const every = firstNodes(shape.nodes);
  for (let members = 1; members <= every; members++) {
    if (size(members) < majority(every)) continue;
    next.set(state);
    const donors = mutant === "everyone-is-donor" ? members : latestOnline(shape, state, members);
    packed.setGeneration(shape, next, generation, members, donors);
    for (let node = 1; node <= shape.nodes; node++) {
      if (!contains(members, node)) continue;
      packed.setNumbers(next, node, packed.currentOf(state, node), packed.onlineOf(state, node), generation);
    }
    visit(ELECT, members);
  }
}

function latestOnline({ nodes }: packed.Shape, state: State, voters: number): number {
  let donors = 0;
  let latest = 0;
  for (let node = 1; node <= nodes; node++) {
    if (!contains(voters, node)) continue;
    const online = packed.onlineOf(state, node);
    if (online > latest) donors = 0;
    if (online >= latest) donors |= setOf(node);
    latest = Math.max(latest, online);
  }
  return donors;
}

/** A node may hear of any generation that is later than its own, and of some it never hears. */
function learn({ shape, mutant, state, next, visit }: Moves, node: NodeId): void {
  const elected = packed.electedIn(shape, state);
  for (let generation = packed.currentOf(state, node) + 1; generation <= elected; generation++) {
    next.set(state);
    const vote = Math.max(packed.voteOf(state, node), generation);
    const promised = vote > generation && mutant !== "breaks-promise";
    const comesOnline = contains(packed.donorsOf(shape, state, generation), node) && !promised;
    const online = comesOnline ? generation : packed.onlineOf(state, node);
    packed.setNumbers(next, node, generation, online, vote);
    visit(LEARN, pair(node, generation));
  }
}

function isOnline(state: State, node: NodeId): boolean {
  return packed.onlineOf(state, node) === packed.currentOf(state, node);
}

function isRecovering({ shape, mutant, state }: Pick<Moves, "shape" | "mutant" | "state">, node: NodeId): boolean {
  const current = packed.currentOf(state, node);
  if (isOnline(state, node) || !contains(packed.membersOf(shape, state, current), node)) return false;
  return packed.voteOf(state, node) === current || mutant === "breaks-promise";
}

function mayRecoverFrom({ shape, mutant, state }: Moves, node: NodeId, from: NodeId): boolean {
  if (mutant === "recovers-from-anyone") return true;
  return contains(packed.donorsOf(shape, state, packed.currentOf(state, node)), from);
}

/** A donor's next prepare is of the node's own generation: of earlier ones the node has all. */
function getOnline(moves: Moves, node: NodeId): void {
  const { shape, mutant, state, next, visit } = moves;
  if (!isRecovering(moves, node)) return;
  const current = packed.currentOf(state, node);
  for (let from = 1; from <= shape.nodes; from++) {
    if (from === node || !mayRecoverFrom(moves, node, from)) continue;
    const transaction = firstLacked(shape, state, node, from);
    const isBoundary = transaction !== 0 && packed.generationOf(shape, state, transaction) === current;
    if (!isBoundary && mutant !== "online-too-soon") continue;
    next.set(state);
    packed.setNumbers(next, node, current, current, packed.voteOf(state, node));
    visit(GET_ONLINE, pair(node, from));
  }
}

/** The first in the log of `from` that the node has not prepared; 0 if there is none. */
function firstLacked(_shape: packed.Shape, state: State, node: NodeId, from: NodeId): number {
  for (let position = 0; ; position++) {
    const transaction = packed.preparedAt(state, from, position);
    if (transaction === 0 || !packed.isInWal(state, node, transaction)) return transaction;
  }
}

/** The donor's log, whoever began what is in it, in its order; nothing is acknowledged. */
function pullInRecovery(moves: Moves, node: NodeId, from: NodeId): void {
  const { shape, state, next, visit } = moves;
  if (isOnline(state, node) || !mayRecoverFrom(moves, node, from)) return;
  const transaction = firstLacked(shape, state, node, from);
  if (transaction === 0 || packed.pendingAt(state, node) !== 0) return;
  if (packed.generationOf(shape, state, transaction) >= packed.currentOf(state, node)) return;
  next.set(state);
  packed.append(next, node, transaction);
  visit(PULL_RECOVERY, pair(node, from));
}

/** What the origin itself began, of the generation that the node is in, and acknowledged. */
function pullNormally({ shape, mutant, state, next, visit }: Moves, node: NodeId, origin: NodeId): void {
  if (!isOnline(state, node) || packed.pendingAt(state, node) !== 0) return;
  const current = packed.currentOf(state, node);
  const begun = packed.begunIn(shape, state);
  for (let transaction = 1; transaction <= begun; transaction++) {
    if (packed.originOf(shape, state, transaction) !== origin || packed.isInWal(state, node, transaction)) continue;
    const generation = packed.generationOf(shape, state, transaction);
    const accepted =
      mutant === "accepts-older-prepares" ? generation <= current : generation === current;
    if (!accepted) continue;
    next.set(state);
    packed.append(next, node, transaction);
    acknowledge(shape, next, transaction, node);
    visit(PULL_NORMAL, pair(node, origin));
    return;
  }
}

function acknowledge(shape: packed.Shape, next: State, transaction: number, node: NodeId): void {
  const fate = packed.fateOf(shape, next, transaction);
  if (fate !== packed.UNDECIDED) return;
  const generation = packed.generationOf(shape, next, transaction);
  const origin = packed.originOf(shape, next, transaction);
  const acks = packed.acksOf(shape, next, transaction) | setOf(node);
  packed.setTransaction(shape, next, transaction, generation, origin, fate, acks);
}

function prepare({ shape, state, next, visit }: Moves, node: NodeId): void {
  const transaction = packed.begunIn(shape, state) + 1;
  if (transaction > shape.transactions || !isOnline(state, node) || packed.pendingAt(state, node) !== 0) return;
  next.set(state);
  packed.append(next, node, transaction);
  const generation = packed.currentOf(state, node);
  packed.setTransaction(shape, next, transaction, generation, node, packed.UNDECIDED, setOf(node));
  visit(PREPARE, node);
}

/** For all at once: that nodes agree on an outcome is what models of commit protocols are for. */
function decide({ shape, mutant, state, next, visit }: Moves, transaction: number): void {
  const generation = packed.generationOf(shape, state, transaction);
  if (generation === 0 || packed.fateOf(shape, state, transaction) !== packed.UNDECIDED) return;
  const origin = packed.originOf(shape, state, transaction);
  next.set(state);
  packed.setTransaction(shape, next, transaction, generation, origin, packed.ABORTED, 0);
  visit(ABORT, transaction);
  if (packed.currentOf(state, origin) !== generation) return;
  const acks = packed.acksOf(shape, state, transaction);
  const enough =
    mutant === "commits-on-majority"
      ? size(acks) >= majority(firstNodes(shape.nodes))
      : (packed.membersOf(shape, state, generation) & ~acks) === 0;
  if (!enough) return;
  next.set(state);
  packed.setTransaction(shape, next, transaction, generation, origin, packed.COMMITTED, 0);
  visit(COMMIT, transaction);
}

function finish({ shape, state, next, visit }: Moves, node: NodeId): void {
  const transaction = packed.pendingAt(state, node);
  if (transaction === 0 || packed.fateOf(shape, state, transaction) === packed.UNDECIDED) return;
  next.set(state);
  packed.finish(next, node, transaction);
  visit(FINISH, node);
}

function invariantsOf(shape: packed.Shape): Invariant[] {
  return [...historyInvariants(historyOf(shape)), donorInvariant(shape), numbersInvariant(shape), clogInvariant(shape)];
}

function historyOf(shape: packed.Shape): History {
  const isCommitted = (state: State, transaction: number): boolean =>
    packed.fateOf(shape, state, transaction) === packed.COMMITTED;
  return {
    ...shape,
    lengthOf: packed.walLength,
    preparedAt: packed.preparedAt,
    holds: packed.isInWal,
    generationOf: (state, transaction) => packed.generationOf(shape, state, transaction),
    isCommitted,
    isCommittable: (state, transaction) => {
      const generation = packed.generationOf(shape, state, transaction);
      if (generation === 0 || packed.fateOf(shape, state, transaction) !== packed.UNDECIDED)
        return isCommitted(state, transaction);
      if (packed.currentOf(state, packed.originOf(shape, state, transaction)) !== generation) return false;
      return (packed.membersOf(shape, state, generation) & ~packed.acksOf(shape, state, transaction)) === 0;
    },
    onlineIn: (state, node) => (isOnline(state, node) ? packed.currentOf(state, node) : 0),
  };
}

function donorInvariant(shape: packed.Shape): Invariant {
  return {
    name: "a donor each",
    violation: (state) => {
      for (let generation = 1; generation <= packed.electedIn(shape, state); generation++) {
        const members = packed.membersOf(shape, state, generation);
        if ((packed.donorsOf(shape, state, generation) & members) === 0)
          return `no member of generation ${generation} is a donor`;
      }
      return null;
    },
  };
}

function numbersInvariant({ nodes }: packed.Shape): Invariant {
  return {
    name: "online, current, vote",
    violation: (state) => {
      for (let node = 1; node <= nodes; node++) {
        const numbers = [packed.onlineOf(state, node), packed.currentOf(state, node), packed.voteOf(state, node)];
        const [online = 0, current = 0, vote = 0] = numbers;
        if (online > current || current > vote)
          return `node ${node} was online in ${online}, is in ${current} and has voted for ${vote}`;
      }
      return null;
    },
  };
}

function clogInvariant(shape: packed.Shape): Invariant {
  return {
    name: "outcomes match the log",
    violation: (state) => {
      for (let node = 1; node <= shape.nodes; node++) {
        if (!packed.finishesOnlyPrepared(state, node)) return `node ${node} has finished what it never prepared`;
        for (let transaction = 1; transaction <= shape.transactions; transaction++) {
          if (!packed.isFinished(state, node, transaction)) continue;
          if (packed.fateOf(shape, state, transaction) !== packed.UNDECIDED) continue;
          return `node ${node} has finished t${transaction}, which nobody has decided`;
        }
      }
      return null;
    },
  };
}

function statesIn(shape: packed.Shape, state: State): number {
  let states = 0;
  for (let node = 1; node <= shape.nodes; node++) {
    if (isOnline(state, node)) states |= 1;
    else states |= isRecovering({ shape, mutant: null, state }, node) ? 2 : 4;
  }
  return states;
}

function outcomesIn(shape: packed.Shape, state: State): number {
  let outcomes = 0;
  for (let transaction = 1; transaction <= packed.begunIn(shape, state); transaction++) {
    const fate = packed.fateOf(shape, state, transaction);
    if (fate === packed.ABORTED) outcomes |= 4;
    if (fate !== packed.COMMITTED) continue;
    if (packed.generationOf(shape, state, transaction) > 1) outcomes |= 2;
    if (isFinishedEverywhere(shape, state, transaction)) outcomes |= 1;
  }
  for (let node = 1; node <= shape.nodes; node++) {
    const current = packed.currentOf(state, node);
    if (isOnline(state, node) && !contains(packed.donorsOf(shape, state, current), node)) outcomes |= 8;
  }
  return outcomes;
}

function isFinishedEverywhere({ nodes }: packed.Shape, state: State, transaction: number): boolean {
  for (let node = 1; node <= nodes; node++) {
    if (!packed.isFinished(state, node, transaction)) return false;
  }
  return true;
}

function renaming(shape: packed.Shape) {
  const names = new Array<number>(packed.MOST_TRANSACTIONS + 1).fill(0);
  return (
    state: State,
    { node, set }: { readonly node: readonly NodeId[]; readonly set: readonly number[] },
    renamed: State,
  ): void => {
    renamed.fill(0);
    packed.renameTransactions(shape, state, node, names);
    for (let old = 1; old <= shape.nodes; old++) {
      renamed[(node[old] as number) - 1] = packed.renameInNode(state, old, names);
    }
    for (let generation = 1; generation <= shape.generations; generation++) {
      const members = set[packed.membersOf(shape, state, generation)] as number;
      const donors = set[packed.donorsOf(shape, state, generation)] as number;
      packed.setGeneration(shape, renamed, generation, members, donors);
    }
    for (let transaction = 1; transaction <= packed.begunIn(shape, state); transaction++) {
      packed.setTransaction(
        shape,
        renamed,
        names[transaction] as number,
        packed.generationOf(shape, state, transaction),
        node[packed.originOf(shape, state, transaction)] as number,
        packed.fateOf(shape, state, transaction),
        set[packed.acksOf(shape, state, transaction)] as number,
      );
    }
  };
}

/** Two small numbers in one argument. */
function pair(one: number, other: number): number {
  return one * 8 + other;
}

function describe(shape: packed.Shape, state: State, action: number, argument: number): string {
  const [one, other] = [argument >> 3, argument & 7];
  switch (action) {
    case ELECT: {
      const members = Array.from({ length: shape.nodes }, (_, index) => index + 1);
      const elected = members.filter((node) => contains(argument, node)).join(", ");
      return `generation ${packed.electedIn(shape, state) + 1} is elected: ${elected}`;
    }
    case LEARN:
      return `node ${one}: learns of generation ${other}`;
    case GET_ONLINE:
      return `node ${one}: comes online, as node ${other} has nothing earlier for it`;
    case PULL_RECOVERY:
      return `node ${one}: recovers t${firstLacked(shape, state, one, other)} from node ${other}`;
    case PULL_NORMAL:
      return `node ${one}: prepares and acknowledges what node ${other} began`;
    case PREPARE:
      return `node ${argument}: begins and prepares t${packed.begunIn(shape, state) + 1}`;
    case FINISH:
      return `node ${argument}: finishes t${packed.pendingAt(state, argument)}`;
    default:
      return `${action === ABORT ? "abort" : "commit"} of t${argument}`;
  }
}
