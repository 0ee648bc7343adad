/**
 * Three-phase commit: Skeen, "Nonblocking Commit Protocols", SIGMOD 1981, with the termination protocol of Bernstein,
 * Hadzilacos, Goodman 1987, section 7.5. Theory 2.2.
 *
 *   coordinator             participant
 *   prepared  --write set-->  prepared (durable)
 *             <----vote-----
 *   all votes ---precommit->  precommitted (durable)
 *             <----ack------
 *   all acks of members not suspected
 *             ---commit---->  committed (durable)
 *             <--finished---
 *
 * No state is next to both commit and abort. When the coordinator is silent, every member in doubt asks those that it
 * can hear, the lowest-numbered first: committed or aborted somewhere is followed; precommitted somewhere: all of
 * them are precommitted, then committed; else all are aborted.
 *
 * Assumes messages that arrive in bounded time, a failure detector that never errs, and no partition. Under these it
 * never blocks. Without them it is UNSAFE: a precommit that reached one side of a partition commits there, while the
 * other side, prepared, aborts. It is here to be seen failing; the atomicity check must say so.
 *
 * Invariant under its assumptions: no member commits before every member that has not crashed is precommitted.
 */
import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import { contains, type NodeId, type NodeSet, setOf, size } from "../members.ts";
import { isReachable, reachable } from "../membership/heartbeats.ts";
import { type AbortReason, INITIAL_TERM, type Status } from "../messages.ts";
import type { TransactionRecord } from "../records.ts";
import type { NodeState, Transaction } from "../state.ts";
import { decideCommit, reasonOf, send, sendTo, sendToOthers } from "../transactions.ts";
import { ProtocolViolation, unreachable } from "../violation.ts";
import type { CommitProtocol, ProtocolMessage } from "./commit-protocol.ts";
import { refuseForEver, refuseUnknown, sendRefusal } from "./refusals.ts";
import {
  abortByRight,
  beatsSince,
  countVote,
  isCoordinator,
  isEvery,
  limitVoting,
  reasonAgainstVote,
  resendCommit,
  vote,
} from "./votes.ts";

export interface ThreePhaseState {
  readonly protocol: "3pc";
  precommitted: boolean;
  /** The CSN precommitted with; 0 before. */
  csn: Csn;
  /** Of the precommits that this node sent, as coordinator or in a termination round. */
  acks: NodeSet;
  /** Whether this node drives the commit to its end: its precommits are out. */
  driving: boolean;
  /** Members that answered the termination round under way; 0 if there is none. */
  answered: NodeSet;
  /** The CSN that one of them is precommitted with; 0 if none is. */
  heardCsn: Csn;
}

export const threePhase: CommitProtocol = {
  name: "3pc",
  begin: () => ({
    protocol: "3pc",
    precommitted: false,
    csn: 0,
    acks: 0,
    driving: false,
    answered: 0,
    heardCsn: 0,
  }),
  prepared,
  mayPrepare: () => true,
  refuse: (_node, tx, reason, context) => sendRefusal(tx.gid, reason, context),
  message,
  unknown: refuseUnknown,
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
      return takePrecommit(node, tx, from, received.csn, context);
    case "ack":
      return takeAck(node, tx, from, context);
    case "inquiry":
      return answer(node, tx, from, context);
    case "status":
      return takeStatus(node, tx, from, received, context);
    case "preabort":
    case "promise":
    case "accept":
      throw new ProtocolViolation(`3PC has no ${received.type}`);
    default:
      return unreachable(received);
  }
}

function takeVote(node: NodeState, tx: Transaction, from: NodeId, stamp: Csn, context: Context): void {
  const state = stateOf(tx);
  // A vote said again, after the first phase ended.
  if (state.driving || !isCoordinator(node, tx)) return;
  const reason = reasonAgainstVote(node, from, stamp);
  if (reason !== null) return abort(node, tx, reason, context);
  if (countVote(tx, from, stamp)) drive(node, tx, tx.csn, context);
}

/** Precommits every member that can be reached, this one too. */
function drive(node: NodeState, tx: Transaction, csn: Csn, context: Context): void {
  const state = stateOf(tx);
  state.driving = true;
  state.answered = 0;
  state.acks = setOf(node.config.node);
  tx.since = node.beats;
  sendToOthers(node, tx, { type: "precommit", gid: tx.gid, term: INITIAL_TERM, csn }, context);
  precommit(tx, csn, context);
  commitWhenAcked(node, tx, context);
}

function precommit(tx: Transaction, csn: Csn, context: Context): void {
  const state = stateOf(tx);
  if (state.precommitted) return;
  state.precommitted = true;
  state.csn = csn;
  const { gid, generation, members, configured } = tx;
  context.emit({
    type: "persist",
    record: { kind: "precommit", gid, generation, members, configured, csn },
    forced: true,
  });
}

function takePrecommit(node: NodeState, tx: Transaction, from: NodeId, csn: Csn, context: Context): void {
  // Only a prepared member is ever sent one; one that lost its PREPARE is beyond 3PC's assumptions.
  if (tx.local !== "prepared") return;
  tx.since = node.beats;
  precommit(tx, csn, context);
  send(context, from, { type: "ack", gid: tx.gid, term: INITIAL_TERM });
}

function takeAck(node: NodeState, tx: Transaction, from: NodeId, context: Context): void {
  const state = stateOf(tx);
  if (!state.driving) return;
  state.acks |= setOf(from);
  commitWhenAcked(node, tx, context);
}

/** By assumption a suspected member has crashed; it will learn the outcome when it comes back. */
function commitWhenAcked(node: NodeState, tx: Transaction, context: Context): void {
  const state = stateOf(tx);
  const awaited = tx.members & reachable(node);
  if ((state.acks & awaited) !== awaited || tx.local !== "prepared") return;
  sendToOthers(node, tx, { type: "commit", gid: tx.gid, csn: state.csn }, context);
  decideCommit(node, tx, state.csn, true, context);
}

/** The coordinator may abort until it has precommitted somebody; then its only way is forward. */
function abort(node: NodeState, tx: Transaction, reason: AbortReason, context: Context): void {
  if (stateOf(tx).precommitted) return;
  abortByRight(node, tx, reason, context);
}

function beat(node: NodeState, tx: Transaction, context: Context): void {
  if (tx.outcome !== "undecided") {
    if (isCoordinator(node, tx)) resendCommit(node, tx, context);
    return;
  }
  if (tx.local !== "prepared") return;
  const state = stateOf(tx);
  if (state.driving) return beatDriving(node, tx, context);
  if (isCoordinator(node, tx) && !state.precommitted && state.answered === 0) {
    return limitVoting(node, tx, context);
  }
  if (state.answered !== 0) return endRound(node, tx, context);
  if (isEvery(node, tx, node.config.resendBeats) && !state.precommitted) vote(tx, context);
  if (isReachable(node, tx.coordinator)) return;
  if (beatsSince(node, tx) >= myTurn(node, tx)) inquire(node, tx, context);
}

function beatDriving(node: NodeState, tx: Transaction, context: Context): void {
  commitWhenAcked(node, tx, context);
  if (tx.outcome !== "undecided" || !isEvery(node, tx, node.config.resendBeats)) return;
  const { csn, acks } = stateOf(tx);
  sendTo(node, tx.members & ~acks, { type: "precommit", gid: tx.gid, term: INITIAL_TERM, csn }, context);
}

/** The lowest-numbered member that can be heard begins; the others only if it does not. */
function myTurn(node: NodeState, tx: Transaction): number {
  const before = tx.members & reachable(node) & (setOf(node.config.node) - 1);
  return size(before) * node.config.resolveBeats;
}

function inquire(node: NodeState, tx: Transaction, context: Context): void {
  const state = stateOf(tx);
  state.answered = setOf(node.config.node);
  state.heardCsn = state.csn;
  tx.since = node.beats;
  const { gid, generation, members, configured } = tx;
  context.emit({ type: "note", note: { about: "resolving", gid, why: "its coordinator is silent" } });
  sendToOthers(node, tx, { type: "inquiry", gid, generation, members, configured, term: 0 }, context);
}

function answer(node: NodeState, tx: Transaction, from: NodeId, context: Context): void {
  // A copy is no vote either, and this node is past the generation in which it could.
  if (tx.local === "absent" || tx.local === "applying" || tx.recovered) {
    return refuseForEver(node, tx, from, context);
  }
  const { precommitted, csn } = stateOf(tx);
  const state = precommitted ? "precommitted" : tx.local === "prepared" ? "prepared" : "absent";
  send(context, from, { type: "status", gid: tx.gid, term: 0, state, csn, accepted: 0 });
}

function takeStatus(node: NodeState, tx: Transaction, from: NodeId, status: Status, context: Context): void {
  const state = stateOf(tx);
  if (state.answered === 0) return;
  state.answered |= setOf(from);
  if (status.csn !== 0) state.heardCsn = status.csn;
  const awaited = tx.members & reachable(node);
  if ((state.answered & awaited) === awaited) terminate(node, tx, context);
}

/** Those that have not answered by now have crashed, by assumption. */
function endRound(node: NodeState, tx: Transaction, context: Context): void {
  if (beatsSince(node, tx) >= node.config.resendBeats) terminate(node, tx, context);
}

function terminate(node: NodeState, tx: Transaction, context: Context): void {
  const state = stateOf(tx);
  const csn = state.csn || state.heardCsn;
  if (csn !== 0) return drive(node, tx, csn, context);
  const why = "no member that can be heard is precommitted";
  abortByRight(node, tx, reasonOf(node, "resolver", why, tx.members & ~reachable(node)), context);
}

/** A member that comes back asks the others first; only they may have gone on. */
function restore(
  node: NodeState,
  tx: Transaction,
  record: TransactionRecord | undefined,
  context: Context,
): void {
  if (record?.kind === "precommit") {
    const state = stateOf(tx);
    state.precommitted = true;
    state.csn = record.csn;
  }
  // One that is no member only follows its donor: the members may have forgotten the transaction.
  if (contains(tx.members, node.config.node)) inquire(node, tx, context);
}

function stateOf(tx: Transaction): ThreePhaseState {
  if (tx.commit.protocol !== "3pc") throw new ProtocolViolation(`${tx.commit.protocol} state under 3PC`);
  return tx.commit;
}
