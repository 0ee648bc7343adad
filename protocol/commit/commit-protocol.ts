/**
 * What a commit protocol is: how the members agree on one value, "commit with this CSN" or "abort".
 *
 * The parts around it are the same for all: `transactions.ts` drives PostgreSQL, remembers outcomes and answers who
 * asks about a decided transaction; a protocol sees only transactions that are undecided here, and decides them with
 * `decideCommit` and `decideAbort`. It never reads a clock: time comes as beats.
 *
 * Two rules hold under every protocol, because the parts around it rely on them:
 * - a commit is decided only after every member's PREPARE is durable (I2);
 * - a coordinator that has no trace of its own transaction has aborted it, or all members have finished it.
 */
import type { CommitProtocolName } from "../config.ts";
import type { Context } from "../context.ts";
import type { NodeId } from "../members.ts";
import type { AbortReason, Message } from "../messages.ts";
import type { TransactionRecord } from "../records.ts";
import type { NodeState, Transaction } from "../state.ts";
import type { E3pcState } from "./e3pc.ts";
import type { PaxosCommitState } from "./paxos-commit.ts";
import type { ThreePhaseState } from "./three-phase.ts";
import type { TwoPhaseState } from "./two-phase.ts";

export type CommitState = TwoPhaseState | ThreePhaseState | E3pcState | PaxosCommitState;

/** The messages of one transaction on its way to a decision. */
export type ProtocolMessage = Extract<
  Message,
  {
    type: "vote" | "refusal" | "precommit" | "preabort" | "ack" | "inquiry" | "status" | "promise" | "accept";
  }
>;

export interface CommitProtocol {
  readonly name: CommitProtocolName;
  /** The state in which a transaction begins on any member. */
  begin(): CommitState;
  /** The node's own PREPARE is durable; its stamp is `tx.stamp`. */
  prepared(node: NodeState, tx: Transaction, context: Context): void;
  /** Whether a write set that arrives may still be prepared, though the transaction was heard of before. */
  mayPrepare(tx: Transaction): boolean;
  /** A participant cannot prepare (`tx.local` is "absent" or will be): it must never vote yes from now on. */
  refuse(node: NodeState, tx: Transaction, reason: AbortReason, context: Context): void;
  /** About a transaction that is undecided here. */
  message(node: NodeState, tx: Transaction, from: NodeId, message: ProtocolMessage, context: Context): void;
  /** About a transaction of which this node has no trace and whose outcome it cannot derive. */
  unknown(node: NodeState, from: NodeId, message: ProtocolMessage, context: Context): void;
  /** The coordinator wants it aborted and it is undecided: aborts if that is still its right, else resolves. */
  abort(node: NodeState, tx: Transaction, reason: AbortReason, context: Context): void;
  /** It is decided to abort, and about to be rolled back here. */
  aborting(node: NodeState, tx: Transaction, context: Context): void;
  /** The node's own COMMIT PREPARED is done. */
  committed(node: NodeState, tx: Transaction, context: Context): void;
  /** Once a beat for every transaction: timeouts, resending, resolving. */
  beat(node: NodeState, tx: Transaction, context: Context): void;
  /** After a restart: `tx` was prepared here, or only `record` was found. Restores and goes on. */
  restore(node: NodeState, tx: Transaction, record: TransactionRecord | undefined, context: Context): void;
}
