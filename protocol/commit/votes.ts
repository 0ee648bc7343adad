/** The coordinator's first phase, the same under 2PC, 3PC and E3PC: every member must vote. */
import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import { type NodeId, type NodeSet, setOf, size, toList } from "../members.ts";
import type { AbortReason } from "../messages.ts";
import { isDrifted } from "../snapshot/clock.ts";
import type { NodeState, Transaction } from "../state.ts";
import { decideAbort, reasonOf, send, sendTo, sendToOthers } from "../transactions.ts";

/** Counts a member's own stamp. True once all have voted; then `tx.csn` is the maximum of the stamps (theory 1.3 C3). */
export function countVote(tx: Transaction, from: NodeId, stamp: Csn): boolean {
  tx.votes |= setOf(from);
  if (stamp > tx.csn) tx.csn = stamp;
  return (tx.votes & tx.members) === tx.members;
}

export function isCoordinator(node: NodeState, tx: Transaction): boolean {
  return tx.coordinator === node.config.node;
}

/** A vote whose stamp would drag every clock with it (theory 5.6 V7), or null. */
export function reasonAgainstVote(node: NodeState, from: NodeId, stamp: Csn): AbortReason | null {
  if (!isDrifted(node, stamp)) return null;
  const detail = `node ${from}'s stamp is ${stamp - node.now} us ahead of this clock`;
  return reasonOf(node, "clock drift", detail, setOf(from));
}

/** The coordinator's own right: nobody can have decided to commit. */
export function abortByRight(node: NodeState, tx: Transaction, reason: AbortReason, context: Context): void {
  // Before its PREPARE is durable nobody has heard of the transaction.
  const heardOf = tx.local !== "preparing";
  decideAbort(node, tx, reason, context);
  if (heardOf) sendToOthers(node, tx, { type: "abort", gid: tx.gid, reason }, context);
}

/** It has waited long enough for these. */
export function voteTimeout(node: NodeState, missing: NodeSet): AbortReason {
  return reasonOf(node, "vote timeout", `no vote from node ${toList(missing).join(", ")}`, missing);
}

/** To the members whose final ack is missing; the coordinator remembers the commit until it has them all. */
export function resendCommit(node: NodeState, tx: Transaction, context: Context): void {
  if (tx.outcome !== "commit" || !tx.announced || !isEvery(node, tx, node.config.resendBeats)) return;
  sendTo(node, tx.members & ~tx.finishedBy, { type: "commit", gid: tx.gid, csn: tx.csn }, context);
}

/** A coordinator's timeout in the first phase. */
export function limitVoting(node: NodeState, tx: Transaction, context: Context): void {
  if (tx.outcome !== "undecided" || tx.local !== "prepared") return;
  if (beatsSince(node, tx) >= node.config.voteBeats) {
    context.commit.abort(node, tx, voteTimeout(node, tx.members & ~tx.votes), context);
  }
}

/** A copy from a donor's stream is no vote. */
export function vote(tx: Transaction, context: Context): void {
  if (tx.recovered) return;
  const { gid, generation, stamp } = tx;
  send(context, tx.coordinator, { type: "vote", gid, generation, stamp });
}

/** Longest wait between two attempts of one node to resolve a transaction. */
const MAX_PATIENCE_US = 10_000_000;

/**
 * How many beats a resolver gives an attempt, or waits before its first. Members begin one after another, and try more
 * and more rarely: so they do not outbid each other for ever, and an attempt gets its answers however slow the network.
 */
export function patience(node: NodeState, tx: Transaction, attempts: number): number {
  const { heartbeatUs, resolveBeats, resendBeats } = node.config;
  const rank = size(tx.configured & (setOf(node.config.node) - 1));
  const wished = (resolveBeats + rank * resendBeats) * (1 << Math.min(attempts, 20));
  return Math.min(wished, Math.max(resolveBeats, Math.ceil(MAX_PATIENCE_US / heartbeatUs)));
}

export function beatsSince(node: NodeState, tx: Transaction): number {
  return node.beats - tx.since;
}

/** True once every `period` beats of the present phase. */
export function isEvery(node: NodeState, tx: Transaction, period: number): boolean {
  const beats = beatsSince(node, tx);
  return beats > 0 && beats % period === 0;
}
