/**
 * Paxos Commit: Gray, Lamport, "Consensus on Transaction Commit", TODS 2006, with acceptors on the members, and the
 * form for up to three members that decides in one round trip (theory 2.5).
 *
 * There is one instance of Paxos for each member's vote. Its value is "prepared with this stamp" or "aborted"; the
 * transaction commits, with the maximum of the stamps, iff every instance chooses "prepared". A member proposes its own
 * vote in the initial term; anybody else may propose only "aborted" for an instance in which it finds nothing
 * accepted, in a higher term, after phase 1. With F = floor((N-1)/2) there are 2F+1 acceptors, the coordinator
 * first, and F+1 of them are enough; any F may be lost.
 *
 * Four members or more (2a of all votes to F+1 acceptors, 2b in one message for all instances):
 *
 *   coordinator             participant             acceptor
 *   prepared  --write set-->  prepared (durable)
 *      ----vote------------------------------------->
 *                             ----vote-------------->
 *                                                    all votes: accepted (durable)
 *      <------------------------------------ack------
 *   F+1 acceptors: decided
 *      ---commit---------->   committed (durable)
 *
 * Up to three members: the acceptors of a vote are the voter and the coordinator, and no message is added to 2PC's.
 * A participant's durable PREPARE is its acceptance of the coordinator's vote, which came with the write set, and of
 * its own; the coordinator's COMMIT PREPARED, or a log record where that must wait, is its acceptance of theirs. So
 * the coordinator must have promised nothing higher when it decides, must not promise between that and the
 * flush, and tells nobody before the flush.
 *
 * A member that refuses makes the abort certain, because nobody else can propose its "prepared"; so it must never
 * change its mind: a refusal is durable before it is sent.
 *
 * Invariants: I3, I4, I5 as for E3PC, for each instance; I2, since a vote is sent after its PREPARE is durable.
 */
import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import { coordinatorOf, type Gid } from "../gid.ts";
import { contains, type NodeId, type NodeSet, setOf, size, toList } from "../members.ts";
import { isReachable } from "../membership/heartbeats.ts";
import { currentScope } from "../membership/scope.ts";
import {
  type AbortReason,
  type AcceptedVote,
  ballotOf,
  INITIAL_TERM,
  type Inquiry,
  makeTerm,
  type PaxosAccept,
  type Term,
} from "../messages.ts";
import type { TransactionRecord } from "../records.ts";
import type { NodeState, Transaction } from "../state.ts";
import {
  createTransaction,
  decideAbort,
  decideCommit,
  reasonOf,
  send,
  sendTo,
  sendToOthers,
} from "../transactions.ts";
import { ProtocolViolation, unreachable } from "../violation.ts";
import type { CommitProtocol, ProtocolMessage } from "./commit-protocol.ts";
import { sendRefusal } from "./refusals.ts";
import {
  abortByRight,
  beatsSince,
  isCoordinator,
  isEvery,
  patience,
  resendCommit,
  voteTimeout,
} from "./votes.ts";

export interface PaxosCommitState {
  readonly protocol: "paxos-commit";
  promised: Term;
  /** As an acceptor: one for each member, ascending; empty until the first. */
  votes: readonly AcceptedVote[];
  /** Coordinator: acceptors that accepted every vote in the initial term. */
  acceptedBy: NodeSet;
  /** This node's attempt to decide in a term of its own; null if it makes none. */
  attempt: Attempt | null;
  /** How often it has tried. */
  attempts: number;
}

interface Attempt {
  readonly term: Term;
  stage: "promises" | "acks";
  /** Acceptors that have answered the present stage. */
  answered: NodeSet;
  /** Stage "promises": for each member the vote accepted in the highest term. Stage "acks": what was proposed. */
  votes: readonly AcceptedVote[];
}

const NO_VOTE: AcceptedVote = { term: 0, stamp: 0 };

export const paxosCommit: CommitProtocol = {
  name: "paxos-commit",
  begin: () => ({
    protocol: "paxos-commit",
    promised: INITIAL_TERM,
    votes: [],
    acceptedBy: 0,
    attempt: null,
    attempts: 0,
  }),
  prepared,
  mayPrepare: (tx) => !isSmall(tx) || stateOf(tx).promised === INITIAL_TERM,
  refuse,
  message,
  unknown,
  abort,
  aborting,
  committed,
  beat,
  restore,
};

/** The form in which voter and coordinator are the acceptors of a vote. */
function isSmall(tx: Transaction): boolean {
  return size(tx.configured) <= 3;
}

/** F + 1: so many acceptors choose a value, and any two such sets share one. */
export function quorumOf(configured: NodeSet): number {
  return ((size(configured) - 1) >> 1) + 1;
}

/** All 2F + 1: nodes of the cluster, whether or not they are members of its generation, those that are first. */
export function acceptorsOf(tx: Electorate): NodeSet {
  return firstAcceptors(tx, 2 * quorumOf(tx.configured) - 1);
}

/** What the acceptors of a transaction depend on. */
export type Electorate = Pick<Transaction, "coordinator" | "members" | "configured">;

/** Members counted around from the coordinator, then the other nodes. */
function firstAcceptors({ coordinator, members, configured }: Electorate, count: number): NodeSet {
  const list = [...countedFrom(coordinator, members), ...toList(configured & ~members)];
  let set = 0;
  for (const node of list.slice(0, count)) set |= setOf(node);
  return set;
}

function countedFrom(coordinator: NodeId, members: NodeSet): NodeId[] {
  const list = toList(members);
  const start = list.indexOf(coordinator);
  return [...list.slice(start), ...list.slice(0, start)];
}

function prepared(node: NodeState, tx: Transaction, context: Context): void {
  tx.since = node.beats;
  const { promised } = stateOf(tx);
  if (!isSmall(tx)) return vote(node, tx, context);
  // Its PREPARE came too late to be an acceptance: a resolver was promised otherwise.
  if (promised > INITIAL_TERM) return;
  acceptWithPrepare(node, tx);
  if (isCoordinator(node, tx)) return decideWhenComplete(node, tx, context);
  vote(node, tx, context);
}

function acceptWithPrepare(node: NodeState, tx: Transaction): void {
  acceptVote(tx, tx.coordinator, tx.coordinatorStamp);
  acceptVote(tx, node.config.node, tx.stamp);
}

/** Phase 2a of this member's own instance. With up to three members it also says that the voter has accepted it. */
function vote(node: NodeState, tx: Transaction, context: Context): void {
  if (tx.recovered || (isSmall(tx) && stateOf(tx).promised > INITIAL_TERM)) return;
  // The F + 1 that take part while nothing fails.
  const to = isSmall(tx) ? setOf(tx.coordinator) : firstAcceptors(tx, quorumOf(tx.configured));
  sendTo(node, to, { type: "vote", gid: tx.gid, generation: tx.generation, stamp: tx.stamp }, context);
  if (contains(to, node.config.node)) takeVote(node, tx, node.config.node, tx.stamp, context);
}

function message(
  node: NodeState,
  tx: Transaction,
  from: NodeId,
  received: ProtocolMessage,
  context: Context,
): void {
  switch (received.type) {
    case "vote":
      return takeVote(node, tx, from, received.stamp, context);
    case "refusal":
      return abortByRight(node, tx, received.reason, context);
    case "ack":
      return takeAck(node, tx, from, received.term, context);
    case "inquiry":
      return promise(node, tx, from, received, context);
    case "promise":
      return takePromise(node, tx, from, received.term, received.votes, context);
    case "accept":
      return accept(tx, from, received, context);
    case "precommit":
    case "preabort":
    case "status":
      throw new ProtocolViolation(`Paxos Commit has no ${received.type}`);
    default:
      return unreachable(received);
  }
}

/** Phase 2b of one instance in the initial term; answered when all instances are there. */
function takeVote(node: NodeState, tx: Transaction, from: NodeId, stamp: Csn, context: Context): void {
  const state = stateOf(tx);
  if (state.promised > INITIAL_TERM) return;
  const repeated = voteOf(tx, from).term !== 0;
  if (!repeated) acceptVote(tx, from, stamp);
  if (isSmall(tx)) return decideWhenComplete(node, tx, context);
  if (!isComplete(tx)) return;
  if (!repeated) persist(tx, context);
  if (isCoordinator(node, tx)) return takeAck(node, tx, node.config.node, INITIAL_TERM, context);
  send(context, tx.coordinator, { type: "ack", gid: tx.gid, term: INITIAL_TERM });
}

/** Up to three members, at the coordinator: accepting the last vote is deciding. */
function decideWhenComplete(node: NodeState, tx: Transaction, context: Context): void {
  if (!isCoordinator(node, tx) || tx.local !== "prepared" || !isComplete(tx)) return;
  const csn = largestStamp(stateOf(tx).votes);
  if (context.manager.isOpen(node, tx, csn)) return decideCommit(node, tx, csn, false, context);
  persist(tx, context);
  announceCommit(node, tx, csn, context);
}

function announceCommit(node: NodeState, tx: Transaction, csn: Csn, context: Context): void {
  sendToOthers(node, tx, { type: "commit", gid: tx.gid, csn }, context);
  decideCommit(node, tx, csn, true, context);
}

/** COMMIT PREPARED was the coordinator's acceptance: now it is durable. */
function committed(node: NodeState, tx: Transaction, context: Context): void {
  if (!isCoordinator(node, tx) || tx.announced) return;
  tx.announced = true;
  sendToOthers(node, tx, { type: "commit", gid: tx.gid, csn: tx.csn }, context);
}

function takeAck(node: NodeState, tx: Transaction, from: NodeId, term: Term, context: Context): void {
  const state = stateOf(tx);
  if (term === INITIAL_TERM) {
    state.acceptedBy |= setOf(from);
    if (size(state.acceptedBy) < quorumOf(tx.configured) || !isComplete(tx)) return;
    return announceCommit(node, tx, largestStamp(state.votes), context);
  }
  const { attempt } = state;
  // An answer to an attempt that was given up.
  if (attempt === null || attempt.term !== term || attempt.stage !== "acks") return;
  attempt.answered |= setOf(from);
  decideWhenChosen(node, tx, attempt, context);
}

/** Phase 1a, for all instances at once, in a term above all that this node has heard of. */
function resolve(node: NodeState, tx: Transaction, why: string, context: Context): void {
  const state = stateOf(tx);
  const term = makeTerm(ballotOf(state.promised) + 1, node.config.node);
  state.attempts += 1;
  const isAcceptor = contains(acceptorsOf(tx), node.config.node);
  state.promised = term;
  state.attempt = {
    term,
    stage: "promises",
    answered: isAcceptor ? setOf(node.config.node) : 0,
    votes: isAcceptor ? votesOf(tx) : [],
  };
  tx.since = node.beats;
  persist(tx, context);
  context.emit({ type: "note", note: { about: "resolving", gid: tx.gid, why } });
  sendTo(node, tx.configured, questionOf(tx, term), context);
  proposeWhenPromised(node, tx, state.attempt, context);
}

/** Phase 1b. */
function promise(node: NodeState, tx: Transaction, from: NodeId, inquiry: Inquiry, context: Context): void {
  const state = stateOf(tx);
  // Its refusal is durable, so the abort is certain.
  if (tx.refused) return sendAbort(node, tx.gid, from, context);
  if (inquiry.term < state.promised || !contains(acceptorsOf(tx), node.config.node)) return;
  // Not if it is asked again, because the answer was lost.
  if (inquiry.term > state.promised) {
    state.promised = inquiry.term;
    persist(tx, context);
  }
  send(context, from, { type: "promise", gid: tx.gid, term: inquiry.term, votes: votesOf(tx) });
}

function takePromise(
  node: NodeState,
  tx: Transaction,
  from: NodeId,
  term: Term,
  votes: readonly AcceptedVote[],
  context: Context,
): void {
  const { attempt } = stateOf(tx);
  if (attempt === null || attempt.term !== term || attempt.stage !== "promises") return;
  attempt.answered |= setOf(from);
  attempt.votes = higherVotes(attempt.votes, votes);
  proposeWhenPromised(node, tx, attempt, context);
}

/** Phase 2a: what was accepted in the highest term, and "aborted" where nothing was. */
function proposeWhenPromised(node: NodeState, tx: Transaction, attempt: Attempt, context: Context): void {
  if (size(attempt.answered) < quorumOf(tx.configured)) return;
  // A higher term has come by in the meantime: this one could not be accepted here.
  if (stateOf(tx).promised !== attempt.term) return;
  tx.since = node.beats;
  attempt.stage = "acks";
  attempt.votes = attempt.votes.map(({ stamp }) => ({ term: attempt.term, stamp }));
  attempt.answered = 0;
  sendTo(node, acceptorsOf(tx), proposalOf(tx, attempt), context);
  if (contains(acceptorsOf(tx), node.config.node)) {
    acceptProposal(tx, attempt.term, attempt.votes, context);
    attempt.answered = setOf(node.config.node);
  }
  decideWhenChosen(node, tx, attempt, context);
}

function proposalOf(tx: Transaction, attempt: Attempt): PaxosAccept {
  const { gid, generation, members, configured } = tx;
  const stamps = attempt.votes.map(({ stamp }) => stamp);
  return { type: "accept", gid, generation, members, configured, term: attempt.term, stamps };
}

/** Phase 2b in a recovery term. */
function accept(tx: Transaction, from: NodeId, proposal: PaxosAccept, context: Context): void {
  const { term, stamps } = proposal;
  const state = stateOf(tx);
  // An older term than the one promised: its owner will find out, or has.
  if (term < state.promised) return;
  if (state.votes[0]?.term !== term) {
    acceptProposal(
      tx,
      term,
      stamps.map((stamp) => ({ term, stamp })),
      context,
    );
  }
  send(context, from, { type: "ack", gid: tx.gid, term });
}

function acceptProposal(tx: Transaction, term: Term, votes: readonly AcceptedVote[], context: Context): void {
  const state = stateOf(tx);
  state.promised = term;
  state.votes = votes;
  persist(tx, context);
}

function decideWhenChosen(node: NodeState, tx: Transaction, attempt: Attempt, context: Context): void {
  if (size(attempt.answered) < quorumOf(tx.configured)) return;
  if (attempt.votes.every(({ stamp }) => stamp !== 0)) {
    return announceCommit(node, tx, largestStamp(attempt.votes), context);
  }
  const silent = membersWithout(tx, attempt.votes);
  const found = `no vote was found of node ${toList(silent).join(", ")}`;
  const reason = tx.reason ?? reasonOf(node, "resolver", found, silent);
  sendToOthers(node, tx, { type: "abort", gid: tx.gid, reason }, context);
  decideAbort(node, tx, reason, context);
}

/** Once its PREPARE may have been heard of, the coordinator's own vote is cast: only a higher term can abort. */
function abort(node: NodeState, tx: Transaction, reason: AbortReason, context: Context): void {
  if (tx.local === "preparing") {
    // With up to three members its PREPARE is its vote: that will be durable, and others may decide without this node.
    if (!isSmall(tx)) abortByRight(node, tx, reason, context);
    return;
  }
  if (stateOf(tx).attempt !== null) return;
  tx.reason = reason;
  resolve(node, tx, reason.detail, context);
}

/**
 * A member that forgot its vote in a crash could be given the write set again and vote with another stamp: two values
 * for one instance in one term. So it remembers that it has voted, until all have finished.
 */
function aborting(node: NodeState, tx: Transaction, context: Context): void {
  if (tx.recovered || tx.local !== "prepared" || isCoordinator(node, tx)) return;
  persistRefusal(tx, context);
}

function refuse(_node: NodeState, tx: Transaction, reason: AbortReason, context: Context): void {
  persistRefusal(tx, context);
  sendRefusal(tx.gid, reason, context);
}

function persistRefusal({ gid, generation, members, configured }: Transaction, context: Context): void {
  context.emit({
    type: "persist",
    record: { kind: "refused", gid, generation, members, configured },
    forced: true,
  });
}

/** An acceptor may hear from others before the write set reaches it. */
function unknown(node: NodeState, from: NodeId, received: ProtocolMessage, context: Context): void {
  switch (received.type) {
    case "vote": {
      // Of another generation this node cannot tell the members: the vote will be said again.
      if (received.generation !== node.membership.current.number) return;
      const tx = createTransaction(node, received.gid, currentScope(node), paxosCommit.begin());
      return takeVote(node, tx, from, received.stamp, context);
    }
    case "inquiry":
    case "accept": {
      const tx = createTransaction(node, received.gid, received, paxosCommit.begin());
      return message(node, tx, from, received, context);
    }
    default:
      // Late news of a transaction that is finished here.
      return;
  }
}

function beat(node: NodeState, tx: Transaction, context: Context): void {
  if (tx.outcome !== "undecided") {
    if (isCoordinator(node, tx)) resendCommit(node, tx, context);
    return;
  }
  if (tx.local !== "prepared") return;
  const { attempt } = stateOf(tx);
  if (attempt !== null) return beatAttempt(node, tx, attempt, context);
  if (isCoordinator(node, tx)) {
    if (beatsSince(node, tx) >= node.config.voteBeats) {
      abort(node, tx, voteTimeout(node, membersWithout(tx, votesOf(tx))), context);
    } else if (!isSmall(tx) && isEvery(node, tx, node.config.resendBeats)) vote(node, tx, context);
    return;
  }
  if (isEvery(node, tx, node.config.resendBeats)) vote(node, tx, context);
  const grace = isReachable(node, tx.coordinator) ? node.config.voteBeats : 0;
  if (beatsSince(node, tx) < grace + patience(node, tx, stateOf(tx).attempts)) return;
  resolve(node, tx, "its coordinator is silent", context);
}

/** What is unanswered is said again; an attempt that gets nowhere is given up for a higher term. */
function beatAttempt(node: NodeState, tx: Transaction, attempt: Attempt, context: Context): void {
  if (beatsSince(node, tx) >= patience(node, tx, stateOf(tx).attempts)) {
    return resolve(node, tx, "the last attempt found no majority", context);
  }
  if (!isEvery(node, tx, node.config.resendBeats)) return;
  const again = attempt.stage === "acks" ? proposalOf(tx, attempt) : questionOf(tx, attempt.term);
  sendTo(node, acceptorsOf(tx) & ~attempt.answered, again, context);
}

function questionOf({ gid, generation, members, configured }: Transaction, term: Term): Inquiry {
  return { type: "inquiry", gid, generation, members, configured, term };
}

function restore(
  node: NodeState,
  tx: Transaction,
  record: TransactionRecord | undefined,
  context: Context,
): void {
  const state = stateOf(tx);
  if (record?.kind === "paxos-commit") {
    state.promised = record.promised;
    state.votes = record.votes;
  }
  if (tx.local !== "prepared") return;
  // Without a record nothing was promised, so the PREPARE was an acceptance.
  if (record === undefined && isSmall(tx) && !tx.recovered) acceptWithPrepare(node, tx);
  if (isCoordinator(node, tx)) resolve(node, tx, "its coordinator, this node, restarted", context);
  else vote(node, tx, context);
}

function sendAbort(node: NodeState, gid: Gid, to: NodeId, context: Context): void {
  const reason = reasonOf(node, "resolver", "this node refused it", setOf(coordinatorOf(gid)));
  send(context, to, { type: "abort", gid, reason });
}

/** Those of whom no vote to commit is there. */
function membersWithout(tx: Transaction, votes: readonly AcceptedVote[]): NodeSet {
  return toList(tx.members).reduce(
    (set, id, index) => (votes[index]?.stamp === 0 ? set | setOf(id) : set),
    0,
  );
}

/** Votes are values: messages and records hold them too, so a change makes a new list. */
function acceptVote(tx: Transaction, member: NodeId, stamp: Csn): void {
  const votes = votesOf(tx).slice();
  votes[indexOf(tx, member)] = { term: INITIAL_TERM, stamp };
  stateOf(tx).votes = votes;
}

function votesOf(tx: Transaction): readonly AcceptedVote[] {
  const { votes } = stateOf(tx);
  return votes.length > 0 ? votes : toList(tx.members).map(() => NO_VOTE);
}

function voteOf(tx: Transaction, member: NodeId): AcceptedVote {
  return stateOf(tx).votes[indexOf(tx, member)] ?? NO_VOTE;
}

function indexOf(tx: Transaction, member: NodeId): number {
  return size(tx.members & (setOf(member) - 1));
}

function isComplete(tx: Transaction): boolean {
  const { votes } = stateOf(tx);
  if (votes.length === 0) return false;
  for (const { term } of votes) {
    if (term === 0) return false;
  }
  return true;
}

function higherVotes(one: readonly AcceptedVote[], other: readonly AcceptedVote[]): readonly AcceptedVote[] {
  if (one.length === 0) return other;
  return one.map((vote, index) => {
    const rival = other[index] ?? NO_VOTE;
    return rival.term > vote.term ? rival : vote;
  });
}

function largestStamp(votes: readonly AcceptedVote[]): Csn {
  let largest = 0;
  for (const { stamp } of votes) if (stamp > largest) largest = stamp;
  return largest;
}

function persist(tx: Transaction, context: Context): void {
  const { gid, generation, members, configured } = tx;
  const { promised, votes } = stateOf(tx);
  context.emit({
    type: "persist",
    record: { kind: "paxos-commit", gid, generation, members, configured, promised, votes },
    forced: true,
  });
}

function stateOf(tx: Transaction): PaxosCommitState {
  if (tx.commit.protocol !== "paxos-commit") {
    throw new ProtocolViolation(`${tx.commit.protocol} state under Paxos Commit`);
  }
  return tx.commit;
}
