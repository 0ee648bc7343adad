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
import { interchanging, type Renaming } from "./interchange.ts";
import * as common from "./membership-state.ts";

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
  "recovers-from-anyone":
    "a node recovers from any node, donor or not: safe, since P2 holds of whoever is online",
} as const;

export type GenerationsMutant = keyof typeof GENERATIONS_MUTANTS;

export const GENERATIONS_SHAPE: common.Shape = { nodes: 3, transactions: 2, generations: 3 };

/** What every action needs: where it begins, and where it writes what it leads to. */
interface Moves {
  readonly shape: common.Shape;
  readonly mutant: GenerationsMutant | null;
  readonly state: State;
  readonly next: State;
  readonly visit: Visit;
}

export function generations(
  shape: common.Shape = GENERATIONS_SHAPE,
  mutant: GenerationsMutant | null = null,
): Model {
  packed.assertFits(shape);
  const every = firstNodes(shape.nodes);
  const initial = new Int32Array(packed.wordsOf(shape));
  for (let node = 1; node <= shape.nodes; node++) common.setNumbers(initial, node, 1, 1, 1);
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
      keyOf: common.numbersOf,
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
      common.setNumbers(next, node, common.currentOf(state, node), common.onlineOf(state, node), generation);
    }
    visit(ELECT, members);
  }
}

function latestOnline({ nodes }: common.Shape, state: State, voters: number): number {
  let donors = 0;
  let latest = 0;
  for (let node = 1; node <= nodes; node++) {
    if (!contains(voters, node)) continue;
    const online = common.onlineOf(state, node);
    if (online > latest) donors = 0;
    if (online >= latest) donors |= setOf(node);
    latest = Math.max(latest, online);
  }
  return donors;
}

/** A node may hear of any generation that is later than its own, and of some it never hears. */
function learn({ shape, mutant, state, next, visit }: Moves, node: NodeId): void {
  const elected = packed.electedIn(shape, state);
  for (let generation = common.currentOf(state, node) + 1; generation <= elected; generation++) {
    next.set(state);
    const vote = Math.max(common.voteOf(state, node), generation);
    const promised = vote > generation && mutant !== "breaks-promise";
    const comesOnline = contains(packed.donorsOf(shape, state, generation), node) && !promised;
    const online = comesOnline ? generation : common.onlineOf(state, node);
    common.setNumbers(next, node, generation, online, vote);
    visit(LEARN, pair(node, generation));
  }
}

function isRecovering(
  { shape, mutant, state }: Pick<Moves, "shape" | "mutant" | "state">,
  node: NodeId,
): boolean {
  const current = common.currentOf(state, node);
  if (common.isOnline(state, node) || !contains(common.membersOf(shape, state, current), node)) return false;
  return common.voteOf(state, node) === current || mutant === "breaks-promise";
}

function mayRecoverFrom({ shape, mutant, state }: Moves, node: NodeId, from: NodeId): boolean {
  if (mutant === "recovers-from-anyone") return true;
  return contains(packed.donorsOf(shape, state, common.currentOf(state, node)), from);
}

/** A donor's next prepare is of the node's own generation: of earlier ones the node has all. */
function getOnline(moves: Moves, node: NodeId): void {
  const { shape, mutant, state, next, visit } = moves;
  if (!isRecovering(moves, node)) return;
  const current = common.currentOf(state, node);
  for (let from = 1; from <= shape.nodes; from++) {
    if (from === node || !mayRecoverFrom(moves, node, from)) continue;
    const transaction = firstLacked(state, node, from);
    const isBoundary = transaction !== 0 && common.generationOf(shape, state, transaction) === current;
    if (!isBoundary && mutant !== "online-too-soon") continue;
    next.set(state);
    common.setNumbers(next, node, current, current, common.voteOf(state, node));
    visit(GET_ONLINE, pair(node, from));
  }
}

/** The first in the log of `from` that the node has not prepared; 0 if there is none. */
function firstLacked(state: State, node: NodeId, from: NodeId): number {
  for (let position = 0; ; position++) {
    const transaction = packed.preparedAt(state, from, position);
    if (transaction === 0 || !packed.isInWal(state, node, transaction)) return transaction;
  }
}

/** The donor's log, whoever began what is in it, in its order; nothing is acknowledged. */
function pullInRecovery(moves: Moves, node: NodeId, from: NodeId): void {
  const { shape, state, next, visit } = moves;
  if (common.isOnline(state, node) || !mayRecoverFrom(moves, node, from)) return;
  const transaction = firstLacked(state, node, from);
  if (transaction === 0 || packed.pendingAt(state, node) !== 0) return;
  if (common.generationOf(shape, state, transaction) >= common.currentOf(state, node)) return;
  next.set(state);
  packed.append(next, node, transaction);
  visit(PULL_RECOVERY, pair(node, from));
}

/** What the origin itself began, of the generation that the node is in, and acknowledged. */
function pullNormally({ shape, mutant, state, next, visit }: Moves, node: NodeId, origin: NodeId): void {
  if (!common.isOnline(state, node) || packed.pendingAt(state, node) !== 0) return;
  const current = common.currentOf(state, node);
  const begun = common.begunIn(shape, state);
  for (let transaction = 1; transaction <= begun; transaction++) {
    if (common.originOf(shape, state, transaction) !== origin || packed.isInWal(state, node, transaction))
      continue;
    const generation = common.generationOf(shape, state, transaction);
    const accepted = mutant === "accepts-older-prepares" ? generation <= current : generation === current;
    if (!accepted) continue;
    next.set(state);
    packed.append(next, node, transaction);
    common.acknowledge(shape, next, transaction, node);
    visit(PULL_NORMAL, pair(node, origin));
    return;
  }
}

function prepare({ shape, state, next, visit }: Moves, node: NodeId): void {
  const transaction = common.begunIn(shape, state) + 1;
  if (
    transaction > shape.transactions ||
    !common.isOnline(state, node) ||
    packed.pendingAt(state, node) !== 0
  )
    return;
  next.set(state);
  packed.append(next, node, transaction);
  common.beginTransaction(shape, next, transaction, node);
  visit(PREPARE, node);
}

function decide({ shape, mutant, state, next, visit }: Moves, transaction: number): void {
  const generation = common.generationOf(shape, state, transaction);
  if (generation === 0 || common.fateOf(shape, state, transaction) !== common.UNDECIDED) return;
  next.set(state);
  common.decideAs(shape, next, transaction, common.ABORTED);
  visit(ABORT, transaction);
  if (!common.isOpen(shape, state, transaction)) return;
  const acks = common.acksOf(shape, state, transaction);
  const enough =
    mutant === "commits-on-majority"
      ? size(acks) >= majority(firstNodes(shape.nodes))
      : (common.membersOf(shape, state, generation) & ~acks) === 0;
  if (!enough) return;
  next.set(state);
  common.decideAs(shape, next, transaction, common.COMMITTED);
  visit(COMMIT, transaction);
}

function finish({ shape, state, next, visit }: Moves, node: NodeId): void {
  const transaction = packed.pendingAt(state, node);
  if (transaction === 0 || common.fateOf(shape, state, transaction) === common.UNDECIDED) return;
  next.set(state);
  packed.finish(next, node, transaction);
  visit(FINISH, node);
}

function invariantsOf(shape: common.Shape): Invariant[] {
  return [...historyInvariants(historyOf(shape)), donorInvariant(shape), clogInvariant(shape)];
}

function historyOf(shape: common.Shape): History {
  return {
    shape,
    lengthOf: packed.walLength,
    preparedAt: packed.preparedAt,
    holds: packed.isInWal,
  };
}

function donorInvariant(shape: common.Shape): Invariant {
  return {
    name: "a donor each",
    violation: (state) => {
      for (let generation = 1; generation <= packed.electedIn(shape, state); generation++) {
        const members = common.membersOf(shape, state, generation);
        if ((packed.donorsOf(shape, state, generation) & members) === 0)
          return `no member of generation ${generation} is a donor`;
      }
      return null;
    },
  };
}

function clogInvariant(shape: common.Shape): Invariant {
  return {
    name: "outcomes match the log",
    violation: (state) => {
      for (let node = 1; node <= shape.nodes; node++) {
        if (!packed.finishesOnlyPrepared(state, node))
          return `node ${node} has finished what it never prepared`;
        for (let transaction = 1; transaction <= shape.transactions; transaction++) {
          if (!packed.isFinished(state, node, transaction)) continue;
          if (common.fateOf(shape, state, transaction) !== common.UNDECIDED) continue;
          return `node ${node} has finished t${transaction}, which nobody has decided`;
        }
      }
      return null;
    },
  };
}

function statesIn(shape: common.Shape, state: State): number {
  let states = 0;
  for (let node = 1; node <= shape.nodes; node++) {
    if (common.isOnline(state, node)) states |= 1;
    else states |= isRecovering({ shape, mutant: null, state }, node) ? 2 : 4;
  }
  return states;
}

function outcomesIn(shape: common.Shape, state: State): number {
  let outcomes = common.outcomesOfTransactions(shape, state, (transaction) =>
    isFinishedEverywhere(shape, state, transaction),
  );
  for (let node = 1; node <= shape.nodes; node++) {
    const current = common.currentOf(state, node);
    if (common.isOnline(state, node) && !contains(packed.donorsOf(shape, state, current), node))
      outcomes |= 8;
  }
  return outcomes;
}

function isFinishedEverywhere({ nodes }: common.Shape, state: State, transaction: number): boolean {
  for (let node = 1; node <= nodes; node++) {
    if (!packed.isFinished(state, node, transaction)) return false;
  }
  return true;
}

function renaming(shape: common.Shape) {
  const names = new Array<number>(packed.MOST_TRANSACTIONS + 1).fill(0);
  return (state: State, { node, set }: Renaming, renamed: State): void => {
    renamed.fill(0);
    common.renameTransactions(shape, state, node, names);
    for (let old = 1; old <= shape.nodes; old++) {
      renamed[(node[old] as number) - 1] = packed.renameInNode(state, old, names);
    }
    for (let generation = 1; generation <= shape.generations; generation++) {
      const members = set[common.membersOf(shape, state, generation)] as number;
      const donors = set[packed.donorsOf(shape, state, generation)] as number;
      packed.setGeneration(shape, renamed, generation, members, donors);
    }
    for (let transaction = 1; transaction <= common.begunIn(shape, state); transaction++) {
      common.setTransaction(shape, renamed, names[transaction] as number, {
        generation: common.generationOf(shape, state, transaction),
        origin: node[common.originOf(shape, state, transaction)] as number,
        fate: common.fateOf(shape, state, transaction),
        acks: set[common.acksOf(shape, state, transaction)] as number,
      });
    }
  };
}

/** Two small numbers in one argument. */
function pair(one: number, other: number): number {
  return one * 8 + other;
}

function describe(shape: common.Shape, state: State, action: number, argument: number): string {
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
      return `node ${one}: recovers t${firstLacked(state, one, other)} from node ${other}`;
    case PULL_NORMAL:
      return `node ${one}: prepares and acknowledges what node ${other} began`;
    case PREPARE:
      return `node ${argument}: begins and prepares t${common.begunIn(shape, state) + 1}`;
    case FINISH:
      return `node ${argument}: finishes t${packed.pendingAt(state, argument)}`;
    default:
      return `${action === ABORT ? "abort" : "commit"} of t${argument}`;
  }
}
