/**
 * Two-phase commit with presumed abort and cooperative termination.
 *
 * Sources: Gray, "Notes on Data Base Operating Systems", 1978; Mohan, Lindsay, Obermarck, TODS 1986 (presumed
 * abort); Bernstein, Hadzilacos, Goodman 1987, section 7.4 (cooperative termination). Theory 2.1.
 *
 *   coordinator             participant
 *   prepared  --write set-->  prepared (durable)
 *             <----vote-----
 *   all votes: decision durable
 *             ---commit---->  committed (durable)
 *             <--finished---
 *
 * States of a member: prepared, then committed or aborted. The decision's durable form is the coordinator's own
 * COMMIT PREPARED; where that must wait for its turn (clock-si-committer) it is a log record instead, because
 * others may wait for this decision while it waits for theirs.
 *
 * Coordinator lost after a vote: the participant asks all members. Committed or aborted somewhere: followed. A
 * member that has not voted promises, durably, never to, and answers "aborted". All prepared: nobody may decide,
 * and rows stay locked until the coordinator is back. Safe always; blocking.
 *
 * Invariants: only the coordinator decides to commit, with all votes (I2); a participant that voted decides nothing
 * by itself; a coordinator without a decision on record has aborted.
 */
import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import { coordinatorOf } from "../gid.ts";
import { type NodeId, type NodeSet, setOf } from "../members.ts";
import { isReachable } from "../membership/heartbeats.ts";
import type { TransactionRecord } from "../records.ts";
import type { NodeState, Transaction } from "../state.ts";
import { decideCommit, reasonOf, send, sendToOthers } from "../transactions.ts";
import { ProtocolViolation, unreachable } from "../violation.ts";
import type { CommitProtocol, ProtocolMessage } from "./commit-protocol.ts";
import { refuseForEver, refuseUnknown, sendRefusal } from "./refusals.ts";
import {
  abortByRight,
  countVote,
  isCoordinator,
  isEvery,
  limitVoting,
  reasonAgainstVote,
  resendCommit,
  vote,
} from "./votes.ts";

export interface TwoPhaseState {
  readonly protocol: "2pc";
  /** Members that answered "prepared" to this node's inquiries. */
  alsoPrepared: NodeSet;
  blockedNoted: boolean;
}

export const twoPhase: CommitProtocol = {
  name: "2pc",
  begin: () => ({ protocol: "2pc", alsoPrepared: 0, blockedNoted: false }),
  prepared,
  mayPrepare: () => true,
  refuse: (_node, tx, reason, context) => sendRefusal(tx.gid, reason, context),
  message,
  unknown: refuseUnknown,
  abort: abortByRight,
  aborting: () => {},
  committed,
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
      return abortByRight(node, tx, received.reason, context);
    case "inquiry":
      return answer(node, tx, from, context);
    case "status":
      return takeStatus(node, tx, from, context);
    case "precommit":
    case "preabort":
    case "ack":
    case "promise":
    case "accept":
      throw new ProtocolViolation(`2PC has no ${received.type}`);
    default:
      return unreachable(received);
  }
}

function takeVote(node: NodeState, tx: Transaction, from: NodeId, stamp: Csn, context: Context): void {
  const reason = reasonAgainstVote(node, from, stamp);
  if (reason !== null) return abortByRight(node, tx, reason, context);
  if (countVote(tx, from, stamp)) decide(node, tx, context);
}

function decide(node: NodeState, tx: Transaction, context: Context): void {
  if (context.manager.isOpen(node, tx, tx.csn)) {
    return decideCommit(node, tx, tx.csn, false, context);
  }
  const { gid, generation, members, configured, csn } = tx;
  const record = { kind: "decision", gid, generation, members, configured, csn } as const;
  context.emit({ type: "persist", record, forced: true });
  announce(node, tx, context);
  decideCommit(node, tx, csn, true, context);
}

function announce(node: NodeState, tx: Transaction, context: Context): void {
  sendToOthers(node, tx, { type: "commit", gid: tx.gid, csn: tx.csn }, context);
}

function committed(node: NodeState, tx: Transaction, context: Context): void {
  if (!isCoordinator(node, tx) || tx.announced) return;
  tx.announced = true;
  announce(node, tx, context);
}

/** A peer is in doubt and this node knows no more than it does. */
function answer(node: NodeState, tx: Transaction, from: NodeId, context: Context): void {
  // A copy is no vote either, and this node is past the generation in which it could.
  if (tx.local === "absent" || tx.local === "applying" || tx.recovered) {
    return refuseForEver(node, tx, from, context);
  }
  const state = tx.local === "prepared" ? "prepared" : "absent";
  send(context, from, { type: "status", gid: tx.gid, term: 0, state, csn: 0, accepted: 0 });
}

function takeStatus(node: NodeState, tx: Transaction, from: NodeId, context: Context): void {
  const state = stateOf(tx);
  state.alsoPrepared |= setOf(from);
  const silent = tx.members & ~(state.alsoPrepared | setOf(node.config.node));
  if (silent !== setOf(tx.coordinator) || state.blockedNoted) return;
  state.blockedNoted = true;
  const why = `all members but the coordinator, node ${tx.coordinator}, are prepared: only it knows the outcome`;
  context.emit({ type: "note", note: { about: "blocked", gid: tx.gid, why } });
}

function beat(node: NodeState, tx: Transaction, context: Context): void {
  if (isCoordinator(node, tx)) {
    limitVoting(node, tx, context);
    return resendCommit(node, tx, context);
  }
  if (tx.outcome !== "undecided" || tx.local !== "prepared") return;
  // The vote said again is also the question what became of it.
  if (isEvery(node, tx, node.config.resendBeats)) vote(tx, context);
  if (!isEvery(node, tx, node.config.resolveBeats)) return;
  if (isReachable(node, tx.coordinator)) return;
  inquire(node, tx, context);
}

function inquire(node: NodeState, tx: Transaction, context: Context): void {
  stateOf(tx).alsoPrepared = 0;
  const { gid, generation, members, configured } = tx;
  context.emit({ type: "note", note: { about: "resolving", gid, why: "its coordinator is silent" } });
  sendToOthers(node, tx, { type: "inquiry", gid, generation, members, configured, term: 0 }, context);
}

function restore(
  node: NodeState,
  tx: Transaction,
  record: TransactionRecord | undefined,
  context: Context,
): void {
  if (coordinatorOf(tx.gid) !== node.config.node) return vote(tx, context);
  if (record?.kind === "decision") {
    announceRestored(node, tx, record.csn, context);
    return;
  }
  const reason = reasonOf(node, "coordinator has no record", "it restarted before it decided");
  abortByRight(node, tx, reason, context);
}

function announceRestored(node: NodeState, tx: Transaction, csn: Csn, context: Context): void {
  tx.csn = csn;
  announce(node, tx, context);
  decideCommit(node, tx, csn, true, context);
}

function stateOf(tx: Transaction): TwoPhaseState {
  if (tx.commit.protocol !== "2pc") throw new ProtocolViolation(`${tx.commit.protocol} state under 2PC`);
  return tx.commit;
}
