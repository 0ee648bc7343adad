/**
 * Elections by votes, and recovery: how a node that was away or behind comes to hold what the others have, before it
 * takes part again. After the campaigns, votes and receivers of the multimaster of 2022.
 *
 * - A candidate asks whom it sees for a generation: those of its present one whom it sees, and itself. A vote is a
 *   promise never to come online in an earlier generation, and is durable before it is answered.
 * - It has won when a majority of all nodes said yes and every member of the candidate generation has answered. Those
 *   who said yes and were online in the latest generation are the donors.
 * - A donor that hears of the generation logs that it begins and is online. Another member recovers: it takes a donor's
 *   log, PREPAREs and outcomes of all origins in their order, up to that record. Who is online takes from each node
 *   what that node began, of its own generation, and acknowledges it.
 *
 * A message that is lost is one that is never taken; one that is late is taken late.
 */
import {
  contains,
  firstNodes,
  majority,
  type NodeId,
  type NodeSet,
  setOf,
  size,
  toList,
} from "../../../../protocol/members.ts";
import type { Invariant, Model, State, Visit } from "../../model.ts";
import { firstLackedBefore, type History, historyInvariants } from "./history.ts";
import { interchanging, type Renaming } from "./interchange.ts";
import * as common from "./membership-state.ts";
import * as packed from "./recovery-state.ts";

const ACTIONS = [
  "stand",
  "vote yes",
  "vote no",
  "give up",
  "win",
  "learn",
  "come online",
  "recover a prepare",
  "recover an outcome",
  "catch up",
  "pull from the origin",
  "prepare",
  "abort",
  "commit",
  "finish",
  "crash",
] as const;

const STAND = 0;
const VOTE_YES = 1;
const VOTE_NO = 2;
const GIVE_UP = 3;
const WIN = 4;
const LEARN = 5;
const COME_ONLINE = 6;
const RECOVER_PREPARE = 7;
const RECOVER_OUTCOME = 8;
const CATCH_UP = 9;
const PULL_NORMAL = 10;
const PREPARE = 11;
const ABORT = 12;
const COMMIT = 13;
const FINISH = 14;
const CRASH = 15;

export const RECOVERY_MUTANTS = {
  "forgets-vote": "a vote is not written to disk before it is answered: a crash forgets it",
  "everyone-is-donor": "every voter is a donor, however long it was away",
  "minority-goes-online": "the donors of a generation of a minority come online in it",
  "online-too-soon": "a recovering node comes online before the record at which its generation begins",
  "accepts-older-prepares": "a node that is online accepts prepares of older generations from their origin",
  "wins-unheard":
    "a candidate wins before every member of its generation has answered: safe, if needless work for whoever was not heard",
} as const;

export type RecoveryMutant = keyof typeof RECOVERY_MUTANTS;

export const RECOVERY_SHAPE: packed.Shape = { nodes: 3, transactions: 1, generations: 3, crashes: 1 };

/** What every action needs: where it begins, and where it writes what it leads to. */
interface Moves {
  readonly shape: packed.Shape;
  readonly mutant: RecoveryMutant | null;
  readonly every: NodeSet;
  readonly state: State;
  readonly next: State;
  readonly visit: Visit;
}

export function recovery(shape: packed.Shape = RECOVERY_SHAPE, mutant: RecoveryMutant | null = null): Model {
  packed.assertFits(shape);
  const { nodes, transactions, generations, crashes } = shape;
  const every = firstNodes(nodes);
  return {
    name: "recovery",
    about: "generations by explicit votes; recovery from a donor's log, conflicting transactions, crashes",
    source: "the multimaster of 2022: state.c and its receivers",
    bounds: `${nodes} nodes, ${transactions} transactions, generations up to ${generations}, at most ${crashes} crashes; any delay and loss`,
    vocabulary: {
      actions: ACTIONS,
      messages: [],
      states: ["online", "recovering", "dead", "on a campaign"],
      outcomes: [
        "committed on every node",
        "committed in a later generation",
        "aborted",
        "recovered",
        "a generation of a minority",
      ],
    },
    words: packed.wordsOf(shape),
    initial: [initialOf(shape)],
    successors: (state, next, visit) => takeActions({ shape, mutant, every, state, next, visit }),
    canonicalize: interchanging({ nodes, keyOf: common.numbersOf, rename: renaming(shape) }),
    observe: (state, seen) => {
      seen.states |= statesIn(shape, state);
      seen.outcomes |= outcomesIn(shape, state);
    },
    invariants: invariantsOf(shape),
    describe: (state, action, argument) => describe(shape, state, action, argument),
  };
}

function initialOf(shape: packed.Shape): number[] {
  const every = firstNodes(shape.nodes);
  const initial = new Int32Array(packed.wordsOf(shape));
  for (let node = 1; node <= shape.nodes; node++) common.setNumbers(initial, node, 1, 1, 1);
  packed.setElected(shape, initial, 1, every, every);
  packed.setCrashesLeft(shape, initial, shape.crashes);
  return [...initial];
}

function takeActions(moves: Moves): void {
  const { nodes, transactions } = moves.shape;
  for (let node = 1; node <= nodes; node++) {
    stand(moves, node);
    win(moves, node);
    learn(moves, node);
    prepare(moves, node);
    finish(moves, node);
    crash(moves, node);
    for (let other = 1; other <= nodes; other++) {
      if (other === node) continue;
      vote(moves, node, other);
      giveUp(moves, node, other);
      pullInRecovery(moves, node, other);
      pullNormally(moves, node, other);
    }
  }
  for (let transaction = 1; transaction <= transactions; transaction++) decide(moves, transaction);
}

/** Whom it sees is anybody's guess; a node may have seen others before, so a new campaign takes the place of an old. */
function stand({ shape, every, state, next, visit }: Moves, node: NodeId): void {
  const current = common.membersOf(shape, state, common.currentOf(state, node));
  for (let clique = 1; clique <= every; clique++) {
    if (!contains(clique, node) || size(clique) < majority(every)) continue;
    const members = (current & clique) | setOf(node);
    if (!isWorthwhile(shape, state, node, members)) continue;
    const generation = numberFor(state, node, members);
    if (generation > shape.generations) continue;
    next.set(state);
    common.setNumbers(next, node, common.currentOf(state, node), common.onlineOf(state, node), generation);
    packed.setVotedMembers(next, node, members);
    const alone = setOf(node);
    const latest = common.onlineOf(state, node);
    const campaign = { generation, members, clique, yes: alone, polled: alone, donors: alone, latest };
    packed.setCampaign(shape, next, node, campaign);
    visit(STAND, pair(node, clique));
  }
}

/** Not for the same members again, unless the node can no longer come online in the generation that it is in. */
function isWorthwhile(shape: packed.Shape, state: State, node: NodeId, members: NodeSet): boolean {
  const current = common.currentOf(state, node);
  if (common.membersOf(shape, state, current) !== members) return true;
  return isDead(shape, state, node) && common.voteOf(state, node) !== current;
}

/** What it has voted for already is the same generation, whoever asks for it; else the next number. */
function numberFor(state: State, node: NodeId, members: NodeSet): number {
  const vote = common.voteOf(state, node);
  const again = vote > common.currentOf(state, node) && packed.votedMembersOf(state, node) === members;
  return again ? vote : vote + 1;
}

/** The vote is durable before the candidate hears of it; one that it never hears is asked for again. */
function vote({ shape, state, next, visit }: Moves, voter: NodeId, candidate: NodeId): void {
  const campaign = packed.campaignOf(shape, state, candidate);
  if (campaign === null || !contains(campaign.clique & ~campaign.polled, voter)) return;
  const polled = campaign.polled | setOf(voter);
  next.set(state);
  if (!grants(shape, state, voter, candidate, campaign)) {
    packed.setCampaign(shape, next, candidate, { ...campaign, polled });
    visit(VOTE_NO, pair(voter, candidate));
    return;
  }
  const online = common.onlineOf(state, voter);
  common.setNumbers(next, voter, common.currentOf(state, voter), online, campaign.generation);
  packed.setVotedMembers(next, voter, campaign.members);
  const yes = campaign.yes | setOf(voter);
  packed.setCampaign(shape, next, candidate, {
    ...campaign,
    polled,
    yes,
    ...withVoter(campaign, voter, online),
  });
  visit(VOTE_YES, pair(voter, candidate));
}

/** Anybody may leave others out, and only the node itself may add itself. */
function grants(
  shape: packed.Shape,
  state: State,
  voter: NodeId,
  candidate: NodeId,
  { generation, members }: packed.Campaign,
): boolean {
  if (common.currentOf(state, voter) >= generation) return false;
  const last = common.voteOf(state, voter);
  if (last === generation && packed.votedMembersOf(state, voter) === members) return true;
  const known = common.membersOf(shape, state, common.currentOf(state, voter)) | setOf(candidate);
  return last < generation && (members & ~known) === 0;
}

function withVoter({ donors, latest }: packed.Campaign, voter: NodeId, online: number) {
  if (online < latest) return { donors, latest };
  return { donors: online > latest ? setOf(voter) : donors | setOf(voter), latest: online };
}

/** Refused by someone who has voted for a number as high: that number is spent, and the next campaign asks for a higher. */
function giveUp({ shape, state, next, visit }: Moves, node: NodeId, refuser: NodeId): void {
  const campaign = packed.campaignOf(shape, state, node);
  if (campaign === null || !contains(campaign.clique, refuser)) return;
  const theirs = common.voteOf(state, refuser);
  if (theirs < common.voteOf(state, node) || grants(shape, state, refuser, node, campaign)) return;
  next.set(state);
  common.setNumbers(next, node, common.currentOf(state, node), common.onlineOf(state, node), theirs);
  packed.setVotedMembers(next, node, 0);
  packed.setCampaign(shape, next, node, null);
  visit(GIVE_UP, pair(node, refuser));
}

/** The winner is the first to switch; others hear of it from whoever is in it. */
function win(moves: Moves, node: NodeId): void {
  const { shape, mutant, every, state, next, visit } = moves;
  const campaign = packed.campaignOf(shape, state, node);
  if (campaign === null || size(campaign.yes) < majority(every)) return;
  const { generation, members, yes, polled } = campaign;
  if ((members & ~polled) !== 0 && mutant !== "wins-unheard") return;
  const donors = mutant === "everyone-is-donor" ? yes : campaign.donors;
  next.set(state);
  packed.setElected(shape, next, generation, members, donors);
  switchTo(moves, node, generation, donors);
  visit(WIN, node);
}

function learn(moves: Moves, node: NodeId): void {
  const { shape, every, state, next, visit } = moves;
  for (let generation = common.currentOf(state, node) + 1; generation <= shape.generations; generation++) {
    for (let donors = 1; donors <= every; donors++) {
      if (!packed.isElectedWith(shape, state, generation, donors)) continue;
      next.set(state);
      switchTo(moves, node, generation, donors);
      visit(LEARN, pair(node, generation * 16 + donors));
    }
  }
}

/** The state and the record that it begins are written one after the other; a restart in between writes the record. */
function switchTo(
  { shape, mutant, every, next }: Moves,
  node: NodeId,
  generation: number,
  donors: NodeSet,
): void {
  const vote = Math.max(common.voteOf(next, node), generation);
  const members = common.membersOf(shape, next, generation);
  const isQuorum = size(members) >= majority(every) || mutant === "minority-goes-online";
  const takesPart = contains(members, node) && isQuorum && vote === generation;
  const comesOnline = takesPart && contains(donors, node);
  const online = comesOnline ? generation : common.onlineOf(next, node);
  if (vote === generation) packed.setVotedMembers(next, node, members);
  common.setNumbers(next, node, generation, online, vote);
  packed.setDonors(next, node, takesPart && !comesOnline ? donors : 0);
  if (comesOnline) packed.append(shape, next, node, packed.beginningRecord(shape, generation));
  const campaign = packed.campaignOf(shape, next, node);
  if (campaign !== null && campaign.generation <= generation) packed.setCampaign(shape, next, node, null);
}

function isRecovering(shape: packed.Shape, state: State, node: NodeId): boolean {
  const current = common.currentOf(state, node);
  if (common.isOnline(state, node) || common.voteOf(state, node) !== current) return false;
  const members = common.membersOf(shape, state, current);
  return contains(members, node) && size(members) >= majority(firstNodes(shape.nodes));
}

function isDead(shape: packed.Shape, state: State, node: NodeId): boolean {
  return !common.isOnline(state, node) && !isRecovering(shape, state, node);
}

/** A recovering node takes the log of a donor; a dead one catches up with anyone who was online later than itself. */
function pullInRecovery(moves: Moves, node: NodeId, from: NodeId): void {
  const { shape, mutant, state, next, visit } = moves;
  if (common.isOnline(state, node)) return;
  const recovering = isRecovering(shape, state, node);
  const isSource = recovering
    ? contains(packed.donorsOf(state, node), from)
    : common.onlineOf(state, from) > common.onlineOf(state, node);
  if (!isSource) return;
  const record = firstLacked(shape, state, node, from);
  const begun = packed.begunBy(shape, record);
  if (recovering && (begun !== 0 || mutant === "online-too-soon")) comeOnline(moves, node, from, begun);
  if (record === 0 || begun !== 0) return;
  if (packed.preparedBy(shape, record) !== 0 && packed.pendingAt(shape, state, node) !== 0) return;
  next.set(state);
  packed.append(shape, next, node, record);
  const recovers = packed.preparedBy(shape, record) === 0 ? RECOVER_OUTCOME : RECOVER_PREPARE;
  visit(recovering ? recovers : CATCH_UP, pair(node, from));
}

function comeOnline(
  { shape, mutant, state, next, visit }: Moves,
  node: NodeId,
  from: NodeId,
  begun: number,
): void {
  const current = common.currentOf(state, node);
  if (begun !== current && mutant !== "online-too-soon") return;
  next.set(state);
  common.setNumbers(next, node, current, current, common.voteOf(state, node));
  packed.append(shape, next, node, packed.beginningRecord(shape, current));
  visit(COME_ONLINE, pair(node, from));
}

/** The first in the log of `from` that the node needs and lacks: not what ended a recovery that it never began. */
function firstLacked(shape: packed.Shape, state: State, node: NodeId, from: NodeId): number {
  const current = common.currentOf(state, node);
  const boundary = isRecovering(shape, state, node) ? current : current + 1;
  for (let position = 0; ; position++) {
    const record = packed.recordAt(shape, state, from, position);
    const begun = packed.begunBy(shape, record);
    if (begun !== 0 && begun < boundary) continue;
    if (record === 0 || !packed.isInLog(shape, state, node, record)) return record;
  }
}

/** What the origin itself began, of the generation that the node is in, and acknowledged. */
function pullNormally({ shape, mutant, state, next, visit }: Moves, node: NodeId, origin: NodeId): void {
  if (!common.isOnline(state, node) || packed.pendingAt(shape, state, node) !== 0) return;
  const current = common.currentOf(state, node);
  const begun = common.begunIn(shape, state);
  for (let transaction = 1; transaction <= begun; transaction++) {
    if (common.originOf(shape, state, transaction) !== origin) continue;
    if (packed.isInLog(shape, state, node, transaction)) continue;
    const generation = common.generationOf(shape, state, transaction);
    const accepted = mutant === "accepts-older-prepares" ? generation <= current : generation === current;
    if (!accepted) continue;
    next.set(state);
    packed.append(shape, next, node, transaction);
    common.acknowledge(shape, next, transaction, node);
    visit(PULL_NORMAL, pair(node, origin));
    return;
  }
}

function prepare({ shape, state, next, visit }: Moves, node: NodeId): void {
  const transaction = common.begunIn(shape, state) + 1;
  if (transaction > shape.transactions || !common.isOnline(state, node)) return;
  if (packed.pendingAt(shape, state, node) !== 0) return;
  next.set(state);
  packed.append(shape, next, node, transaction);
  common.beginTransaction(shape, next, transaction, node);
  visit(PREPARE, node);
}

function decide({ shape, state, next, visit }: Moves, transaction: number): void {
  const generation = common.generationOf(shape, state, transaction);
  if (generation === 0 || common.fateOf(shape, state, transaction) !== common.UNDECIDED) return;
  next.set(state);
  common.decideAs(shape, next, transaction, common.ABORTED);
  visit(ABORT, transaction);
  if (!common.isOpen(shape, state, transaction)) return;
  const members = common.membersOf(shape, state, generation);
  if ((members & ~common.acksOf(shape, state, transaction)) !== 0) return;
  next.set(state);
  common.decideAs(shape, next, transaction, common.COMMITTED);
  visit(COMMIT, transaction);
}

function finish({ shape, state, next, visit }: Moves, node: NodeId): void {
  const transaction = packed.pendingAt(shape, state, node);
  if (transaction === 0 || common.fateOf(shape, state, transaction) === common.UNDECIDED) return;
  next.set(state);
  packed.append(shape, next, node, packed.outcomeRecord(shape, transaction));
  visit(FINISH, node);
}

/** And starts again: a campaign and the acknowledgements heard are gone. A node that is down does nothing meanwhile. */
function crash({ shape, mutant, state, next, visit }: Moves, node: NodeId): void {
  const left = packed.crashesLeft(shape, state);
  if (left === 0) return;
  next.set(state);
  packed.setCampaign(shape, next, node, null);
  for (let transaction = 1; transaction <= common.begunIn(shape, state); transaction++) {
    if (common.originOf(shape, state, transaction) !== node) continue;
    common.decideAs(shape, next, transaction, common.fateOf(shape, state, transaction));
  }
  if (mutant === "forgets-vote") {
    const current = common.currentOf(state, node);
    common.setNumbers(next, node, current, common.onlineOf(state, node), current);
  }
  packed.setCrashesLeft(shape, next, left - 1);
  visit(CRASH, node);
}

function invariantsOf(shape: packed.Shape): Invariant[] {
  const history: History = {
    shape,
    lengthOf: (state, node) => packed.logLength(shape, state, node),
    preparedAt: (state, node, position) =>
      packed.preparedBy(shape, packed.recordAt(shape, state, node, position)),
    holds: (state, node, transaction) => packed.isInLog(shape, state, node, transaction),
  };
  return [oneEach(shape), ...historyInvariants(history), donorsHoldAll(shape, history), logInvariant(shape)];
}

function oneEach(shape: packed.Shape): Invariant {
  return {
    name: "one generation a number",
    violation: (state) => {
      for (let generation = 1; generation <= shape.generations; generation++) {
        const rivals = packed.rivalsOf(shape, state, generation);
        if (rivals === 0) continue;
        const members = common.membersOf(shape, state, generation);
        return `generation ${generation} is of the nodes ${show(members)}, and of the nodes ${show(rivals)}`;
      }
      return null;
    },
  };
}

/** Members or not: whoever recovers, recovers from them. */
function donorsHoldAll(shape: packed.Shape, history: History): Invariant {
  const every = firstNodes(shape.nodes);
  return {
    name: "donors hold all",
    violation: (state) => {
      for (let generation = 2; generation <= shape.generations; generation++) {
        if (size(common.membersOf(shape, state, generation)) < majority(every)) continue;
        for (let donors = 1; donors <= every; donors++) {
          if (!packed.isElectedWith(shape, state, generation, donors)) continue;
          const lacking = toList(donors).find(
            (node) => firstLackedBefore(history, state, node, generation) !== 0,
          );
          if (lacking !== undefined)
            return `node ${lacking} is a donor of generation ${generation} and lacks what may have committed before`;
        }
      }
      return null;
    },
  };
}

function logInvariant(shape: packed.Shape): Invariant {
  return {
    name: "outcomes match the log",
    violation: (state) => {
      for (let node = 1; node <= shape.nodes; node++) {
        for (let position = 0; position < packed.logLength(shape, state, node); position++) {
          const transaction = packed.finishedBy(shape, packed.recordAt(shape, state, node, position));
          if (transaction === 0) continue;
          if (common.fateOf(shape, state, transaction) === common.UNDECIDED)
            return `node ${node} has finished t${transaction}, which nobody has decided`;
          if (!isPreparedBefore(shape, state, node, transaction, position))
            return `node ${node} has finished t${transaction} before it prepared it`;
        }
      }
      return null;
    },
  };
}

function isPreparedBefore(
  shape: packed.Shape,
  state: State,
  node: NodeId,
  transaction: number,
  end: number,
): boolean {
  for (let position = 0; position < end; position++) {
    if (packed.recordAt(shape, state, node, position) === transaction) return true;
  }
  return false;
}

function statesIn(shape: packed.Shape, state: State): number {
  let states = 0;
  for (let node = 1; node <= shape.nodes; node++) {
    if (common.isOnline(state, node)) states |= 1;
    else states |= isRecovering(shape, state, node) ? 2 : 4;
    if (packed.campaignOf(shape, state, node) !== null) states |= 8;
  }
  return states;
}

function outcomesIn(shape: packed.Shape, state: State): number {
  let outcomes = common.outcomesOfTransactions(shape, state, (transaction) =>
    isFinishedEverywhere(shape, state, transaction),
  );
  for (let node = 1; node <= shape.nodes; node++) {
    if (common.isOnline(state, node) && packed.donorsOf(state, node) !== 0) outcomes |= 8;
  }
  for (let generation = 2; generation <= shape.generations; generation++) {
    const members = size(common.membersOf(shape, state, generation));
    if (members > 0 && members < majority(firstNodes(shape.nodes))) outcomes |= 16;
  }
  return outcomes;
}

function isFinishedEverywhere(shape: packed.Shape, state: State, transaction: number): boolean {
  const outcome = packed.outcomeRecord(shape, transaction);
  for (let node = 1; node <= shape.nodes; node++) {
    if (!packed.isInLog(shape, state, node, outcome)) return false;
  }
  return true;
}

function renaming(shape: packed.Shape) {
  const names = new Array<number>(shape.transactions + 1).fill(0);
  return (state: State, { node, set }: Renaming, renamed: State): void => {
    renamed.fill(0);
    common.renameTransactions(shape, state, node, names);
    for (let old = 1; old <= shape.nodes; old++) {
      packed.renameNode(shape, state, old, renamed, node[old] as number, set, names);
    }
    for (let generation = 1; generation <= shape.generations; generation++) {
      packed.renameGeneration(shape, state, generation, renamed, set);
    }
    for (let transaction = 1; transaction <= common.begunIn(shape, state); transaction++) {
      // What is heard of a transaction that its coordinator can no longer commit changes nothing.
      const acks = common.isOpen(shape, state, transaction) ? common.acksOf(shape, state, transaction) : 0;
      common.setTransaction(shape, renamed, names[transaction] as number, {
        generation: common.generationOf(shape, state, transaction),
        origin: node[common.originOf(shape, state, transaction)] as number,
        fate: common.fateOf(shape, state, transaction),
        acks: set[acks] as number,
      });
    }
    packed.setCrashesLeft(shape, renamed, packed.crashesLeft(shape, state));
  };
}

/** A node, and another or what else there is, in one argument. */
function pair(node: NodeId, other: number): number {
  return node * 256 + other;
}

function show(set: NodeSet): string {
  return toList(set).join(", ");
}

function describe(shape: packed.Shape, state: State, action: number, argument: number): string {
  const [node, other] = [argument >> 8, argument & 255];
  switch (action) {
    case STAND:
      return describeStand(shape, state, node, other);
    case VOTE_YES:
      return `node ${node}: votes for the generation that node ${other} asks for`;
    case VOTE_NO:
      return `node ${node}: refuses the generation that node ${other} asks for`;
    case GIVE_UP:
      return `node ${node}: gives up, as node ${other} has voted for generation ${common.voteOf(state, other)}`;
    case WIN:
      return `node ${argument}: has won`;
    case LEARN:
      return `node ${node}: learns of generation ${other >> 4} with the donors ${show(other & 15)}`;
    case COME_ONLINE:
      return `node ${node}: comes online, recovered from node ${other}`;
    case RECOVER_PREPARE:
    case RECOVER_OUTCOME:
      return `node ${node}: recovers ${showRecord(shape, firstLacked(shape, state, node, other))} from node ${other}`;
    case CATCH_UP:
      return `node ${node}: catches up with node ${other}: ${showRecord(shape, firstLacked(shape, state, node, other))}`;
    case PULL_NORMAL:
      return `node ${node}: prepares and acknowledges what node ${other} began`;
    case PREPARE:
      return `node ${argument}: begins and prepares t${common.begunIn(shape, state) + 1}`;
    case FINISH:
      return `node ${argument}: finishes t${packed.pendingAt(shape, state, argument)}`;
    case CRASH:
      return `node ${argument}: crashes and starts again`;
    default:
      return `${action === ABORT ? "abort" : "commit"} of t${argument}`;
  }
}

function describeStand(shape: packed.Shape, state: State, node: NodeId, clique: NodeSet): string {
  const members = (common.membersOf(shape, state, common.currentOf(state, node)) & clique) | setOf(node);
  const number = numberFor(state, node, members);
  return `node ${node}: sees ${show(clique & ~setOf(node))}, and asks for generation ${number} of ${show(members)}`;
}

function showRecord(shape: packed.Shape, record: number): string {
  const transaction = packed.preparedBy(shape, record);
  return transaction === 0 ? `the outcome of t${packed.finishedBy(shape, record)}` : `t${transaction}`;
}
