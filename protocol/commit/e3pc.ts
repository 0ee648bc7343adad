/**
 * Enhanced three-phase commit, as the original multimaster runs it since 2022: Paxos on the outcome.
 *
 * Sources: Keidar, Dolev, "Increasing the Resilience of Distributed and Replicated Database Systems", PODS 1995 /
 * JCSS 1998 (theory 2.4); Lamport, "The Part-Time Parliament"; mmts 1.5 to 1.9.
 *
 *   coordinator             participant
 *   prepared  --write set-->  prepared (durable)
 *             <----vote-----
 *   all votes ---precommit(1,0), csn-->  accepted (durable)        Paxos phase 2a, 2b of the coordinator's own term
 *             <----ack------
 *   a majority has accepted: decided
 *             ---commit---->  committed (durable)
 *             <--finished---
 *
 * The value agreed on is "commit with this CSN" or "abort". Every node of the cluster, also one that is no member of the
 * transaction's generation, is an acceptor with two durable numbers: the
 * term it promised (Keidar and Dolev's last elected) and the term it accepted in (last attempt). The coordinator owns
 * term (1, 0) and skips phase 1. Anybody in doubt may resolve: a higher term of its own, promises from a majority,
 * the value accepted in the highest term, or abort if none was; accepted by a majority, that is the decision. A
 * member that never prepared is an acceptor too, so a connected majority always finishes.
 *
 * The coordinator sends its precommit beside its own log write, not behind it, so it may restart and not know that it
 * did: a restarted coordinator resolves, and never aborts by right (the original writes first, and may).
 *
 * Invariants: accepted values of one term are equal (I3); once a majority accepted v in t, every value accepted in a
 * higher term is v (I4); promised >= accepted, and both only rise (I5); "commit" is only ever proposed first by the
 * coordinator, with all votes (I2), which never aborts by right after that (I6).
 */
import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import type { Gid } from "../gid.ts";
import { majority, type NodeId, type NodeSet, setOf, size } from "../members.ts";
import { isReachable } from "../membership/heartbeats.ts";
import {
  type AbortReason,
  ballotOf,
  INITIAL_TERM,
  type Inquiry,
  makeTerm,
  type Status,
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
  countVote,
  isCoordinator,
  isEvery,
  limitVoting,
  patience,
  reasonAgainstVote,
  resendCommit,
  vote,
} from "./votes.ts";

export interface E3pcState {
  readonly protocol: "e3pc";
  promised: Term;
  /** Term of the value accepted last; 0 if none was. */
  accepted: Term;
  /** That value: commit with this CSN, or abort if 0. */
  csn: Csn;
  /** Whether the coordinator's first proposal may be out. */
  proposed: boolean;
  /** This node's attempt to decide, in the term it promised to itself; null if it makes none. */
  attempt: Attempt | null;
  /** How often it has tried. */
  attempts: number;
}

interface Attempt {
  readonly term: Term;
  stage: "promises" | "acks";
  /** Members, with this one, that have answered the present stage. */
  answered: NodeSet;
  /** Stage "promises": the highest term in which one of them has accepted a value, and that value. */
  highest: Term;
  csn: Csn;
}

export const e3pc: CommitProtocol = {
  name: "e3pc",
  begin: () => ({
    protocol: "e3pc",
    promised: INITIAL_TERM,
    accepted: 0,
    csn: 0,
    proposed: false,
    attempt: null,
    attempts: 0,
  }),
  prepared,
  mayPrepare: (tx) => stateOf(tx).promised === INITIAL_TERM,
  refuse: (_node, tx, reason, context) => sendRefusal(tx.gid, reason, context),
  message,
  unknown,
  abort,
  aborting: () => {},
  committed: () => {},
  beat,
  restore,
};

function prepared(node: NodeState, tx: Transaction, context: Context): void {
  tx.since = node.beats;
  if (!isCoordinator(node, tx)) return vote(tx, context);
  takeVote(node, tx, node.config.node, tx.stamp, context);
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
      return abort(node, tx, received.reason, context);
    case "precommit":
      return accept(tx, from, received.term, received.csn, context);
    case "preabort":
      return accept(tx, from, received.term, 0, context);
    case "ack":
      return takeAck(node, tx, from, received.term, context);
    case "inquiry":
      return promise(tx, from, received, context);
    case "status":
      return takeStatus(node, tx, from, received, context);
    case "promise":
    case "accept":
      throw new ProtocolViolation(`E3PC has no ${received.type}`);
    default:
      return unreachable(received);
  }
}

function takeVote(node: NodeState, tx: Transaction, from: NodeId, stamp: Csn, context: Context): void {
  // A vote said again, after the first phase ended.
  if (stateOf(tx).proposed || !isCoordinator(node, tx)) return;
  const reason = reasonAgainstVote(node, from, stamp);
  if (reason !== null) return abort(node, tx, reason, context);
  if (countVote(tx, from, stamp)) proposeCommit(node, tx, context);
}

/** Phase 2a of the coordinator's own term, unless somebody has made this node promise a higher one. */
function proposeCommit(node: NodeState, tx: Transaction, context: Context): void {
  const state = stateOf(tx);
  state.proposed = true;
  if (state.promised > INITIAL_TERM) return resolve(node, tx, "a resolver was faster", context);
  state.attempt = { term: INITIAL_TERM, stage: "acks", answered: 0, highest: 0, csn: tx.csn };
  propose(node, tx, state.attempt, context);
}

/** Phase 2a to the others, 2b by itself. Its own acceptance counts at once: no effect behind the log write leaves before it. */
function propose(node: NodeState, tx: Transaction, attempt: Attempt, context: Context): void {
  tx.since = node.beats;
  attempt.stage = "acks";
  attempt.answered = setOf(node.config.node);
  sendTo(node, acceptorsOf(tx, attempt.term), proposalOf(tx.gid, attempt), context);
  acceptValue(tx, attempt.term, attempt.csn, context);
  decideWhenChosen(node, tx, attempt, context);
}

/** Every node of the cluster is one; while nothing fails, those that are members, and have its PREPARE, are enough. */
function acceptorsOf(tx: Transaction, term: Term): NodeSet {
  return term === INITIAL_TERM ? tx.members : tx.configured;
}

function proposalOf(gid: Gid, attempt: Attempt) {
  const { term, csn } = attempt;
  return csn === 0
    ? ({ type: "preabort", gid, term } as const)
    : ({ type: "precommit", gid, term, csn } as const);
}

/** Phase 2b. */
function accept(tx: Transaction, from: NodeId, term: Term, csn: Csn, context: Context): void {
  const state = stateOf(tx);
  // An older term than the one promised: its owner will find out, or has.
  if (term < state.promised) return;
  if (term !== state.accepted) acceptValue(tx, term, csn, context);
  send(context, from, { type: "ack", gid: tx.gid, term });
}

function acceptValue(tx: Transaction, term: Term, csn: Csn, context: Context): void {
  const state = stateOf(tx);
  state.promised = term;
  state.accepted = term;
  state.csn = csn;
  persist(tx, context);
}

function takeAck(node: NodeState, tx: Transaction, from: NodeId, term: Term, context: Context): void {
  const { attempt } = stateOf(tx);
  // An answer to an attempt that was given up.
  if (attempt === null || attempt.term !== term || attempt.stage !== "acks") return;
  attempt.answered |= setOf(from);
  decideWhenChosen(node, tx, attempt, context);
}

function decideWhenChosen(node: NodeState, tx: Transaction, attempt: Attempt, context: Context): void {
  if (size(attempt.answered) < majority(tx.configured)) return;
  if (attempt.csn !== 0) {
    sendToOthers(node, tx, { type: "commit", gid: tx.gid, csn: attempt.csn }, context);
    return decideCommit(node, tx, attempt.csn, true, context);
  }
  const why = "no member that a majority can hear has accepted a commit";
  const reason = reasonOf(node, "resolver", why, tx.members & ~attempt.answered);
  sendToOthers(node, tx, { type: "abort", gid: tx.gid, reason }, context);
  decideAbort(node, tx, reason, context);
}

/** Phase 1a: a term above all that this node has heard of. */
function resolve(node: NodeState, tx: Transaction, why: string, context: Context): void {
  const state = stateOf(tx);
  const term = makeTerm(ballotOf(state.promised) + 1, node.config.node);
  state.attempts += 1;
  state.promised = term;
  state.attempt = {
    term,
    stage: "promises",
    answered: setOf(node.config.node),
    highest: state.accepted,
    csn: state.csn,
  };
  tx.since = node.beats;
  persist(tx, context);
  context.emit({ type: "note", note: { about: "resolving", gid: tx.gid, why } });
  sendTo(node, acceptorsOf(tx, term), questionOf(tx, term), context);
  proposeWhenPromised(node, tx, state.attempt, context);
}

/** Phase 1b. */
function promise(tx: Transaction, from: NodeId, inquiry: Inquiry, context: Context): void {
  const state = stateOf(tx);
  if (inquiry.term < state.promised) return;
  // Asked again: the answer was lost.
  if (inquiry.term > state.promised) {
    state.promised = inquiry.term;
    persist(tx, context);
  }
  const { accepted, csn } = state;
  const present =
    accepted !== 0 && csn !== 0 ? "precommitted" : tx.local === "prepared" ? "prepared" : "absent";
  send(context, from, {
    type: "status",
    gid: tx.gid,
    term: inquiry.term,
    state: present,
    csn,
    accepted,
  });
}

/** A member that never prepared is an acceptor all the same; once it has promised, it will not prepare any more. */
function unknown(node: NodeState, from: NodeId, received: ProtocolMessage, context: Context): void {
  // Anything else is late news of a transaction that is finished here.
  if (received.type !== "inquiry") return;
  const tx = createTransaction(node, received.gid, received, e3pc.begin());
  promise(tx, from, received, context);
}

function takeStatus(node: NodeState, tx: Transaction, from: NodeId, status: Status, context: Context): void {
  const { attempt } = stateOf(tx);
  if (attempt === null || attempt.term !== status.term || attempt.stage !== "promises") return;
  attempt.answered |= setOf(from);
  if (status.accepted > attempt.highest) {
    attempt.highest = status.accepted;
    attempt.csn = status.csn;
  }
  proposeWhenPromised(node, tx, attempt, context);
}

function proposeWhenPromised(node: NodeState, tx: Transaction, attempt: Attempt, context: Context): void {
  if (size(attempt.answered) < majority(tx.configured)) return;
  // A higher term has come by in the meantime: this one could not be accepted here.
  if (stateOf(tx).promised !== attempt.term) return;
  propose(node, tx, attempt, context);
}

/** By right until the first proposal is out; after that only the members together may abort. */
function abort(node: NodeState, tx: Transaction, reason: AbortReason, context: Context): void {
  if (!stateOf(tx).proposed) return abortByRight(node, tx, reason, context);
}

function beat(node: NodeState, tx: Transaction, context: Context): void {
  if (tx.outcome !== "undecided") {
    if (isCoordinator(node, tx)) resendCommit(node, tx, context);
    return;
  }
  if (tx.local !== "prepared") return;
  const state = stateOf(tx);
  if (isCoordinator(node, tx) && !state.proposed) return limitVoting(node, tx, context);
  if (state.attempt !== null) return beatAttempt(node, tx, state.attempt, context);
  if (isEvery(node, tx, node.config.resendBeats)) vote(tx, context);
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
  const again = attempt.stage === "acks" ? proposalOf(tx.gid, attempt) : questionOf(tx, attempt.term);
  sendTo(node, acceptorsOf(tx, attempt.term) & ~attempt.answered, again, context);
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
  if (record?.kind === "e3pc") {
    state.promised = record.promised;
    state.accepted = record.accepted;
    state.csn = record.csn;
  }
  if (tx.local !== "prepared") return;
  // Whether its proposal went out before the crash, a coordinator cannot know.
  state.proposed = isCoordinator(node, tx);
  if (state.proposed) resolve(node, tx, "its coordinator, this node, restarted", context);
  else if (state.promised === INITIAL_TERM) vote(tx, context);
}

function persist(tx: Transaction, context: Context): void {
  const { gid, generation, members, configured } = tx;
  const { promised, accepted, csn } = stateOf(tx);
  context.emit({
    type: "persist",
    record: { kind: "e3pc", gid, generation, members, configured, promised, accepted, csn },
    forced: true,
  });
}

function stateOf(tx: Transaction): E3pcState {
  if (tx.commit.protocol !== "e3pc") throw new ProtocolViolation(`${tx.commit.protocol} state under E3PC`);
  return tx.commit;
}
