/**
 * Messages about one transaction: those that carry or ask for a decision are the same under every protocol; the rest
 * go to the protocol while the transaction is undecided here.
 */
import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import { coordinatorOf, type Gid } from "../gid.ts";
import { getKeyed } from "../keyed.ts";
import { contains, type NodeId, setOf } from "../members.ts";
import { currentScope } from "../membership/scope.ts";
import type { AbortReason } from "../messages.ts";
import { noteStamp } from "../snapshot/clock.ts";
import type { NodeState } from "../state.ts";
import {
  createTransaction,
  decideAbort,
  decideCommit,
  markFinished,
  peerOf,
  reasonOf,
  recall,
  send,
} from "../transactions.ts";
import type { ProtocolMessage } from "./commit-protocol.ts";

export function takeCommit(node: NodeState, gid: Gid, csn: Csn, context: Context): void {
  const tx = getKeyed(node.transactions, gid);
  if (tx !== undefined) {
    // Said again while COMMIT PREPARED is under way.
    if (tx.outcome === "commit" && tx.csn === csn) return;
    // A resolver found this node's PREPARE durable before its server had answered: once it has, this node asks.
    if (tx.outcome === "undecided" && tx.local === "preparing") return;
    // Not prepared here, and no vote of this node was needed: a donor's stream will bring both.
    const needed = contains(tx.members, node.config.node) && !tx.recovered;
    if (tx.outcome === "undecided" && tx.local !== "prepared" && !needed) return;
    return decideCommit(node, tx, csn, true, context);
  }
  const outcome = recall(node, gid);
  // Finished here, and the final ack was lost. One that is finished everywhere needs no ack any more.
  if (outcome !== null && outcome !== 0) return send(context, coordinatorOf(gid), { type: "finished", gid });
  // Its own, which it forgets when all have finished it: said again by one that was slower.
  if (coordinatorOf(gid) === node.config.node) return;
  if (outcome === null || gid >= peerOf(node, coordinatorOf(gid)).finishedBelow) {
    const why = `heard commit with CSN ${csn} of what ${outcome === null ? "was never prepared" : "is aborted"} here`;
    context.emit({ type: "note", note: { about: "contradiction", gid, why } });
  }
}

export function takeAbort(node: NodeState, gid: Gid, reason: AbortReason, context: Context): void {
  const tx = getKeyed(node.transactions, gid);
  if (tx !== undefined) {
    if (tx.outcome !== "abort") decideAbort(node, tx, reason, context);
    return;
  }
  if (recall(node, gid) !== null) return;
  // It overtook the write set, which must not be prepared when it comes (the original left it prepared for ever,
  // mmts 9.1 bug 6).
  const early = createTransaction(node, gid, currentScope(node), context.commit.begin());
  decideAbort(node, early, reason, context);
}

export function takeFinished(node: NodeState, from: NodeId, gid: Gid, context: Context): void {
  const tx = getKeyed(node.transactions, gid);
  // Said again: the coordinator has all final acks and has forgotten.
  if (tx === undefined || tx.outcome !== "commit") return;
  markFinished(node, tx, from, context);
}

export function takeProtocolMessage(
  node: NodeState,
  from: NodeId,
  message: ProtocolMessage,
  context: Context,
): void {
  if (message.type === "vote" && message.generation <= node.membership.current.number) {
    noteStamp(node, from, message.stamp);
  }
  const tx = getKeyed(node.transactions, message.gid);
  if (tx === undefined) {
    const outcome = recall(node, message.gid);
    if (outcome === null) return context.commit.unknown(node, from, message, context);
    return tellOutcome(node, from, message, outcome, context);
  }
  if (tx.outcome === "undecided") return context.commit.message(node, tx, from, message, context);
  // A decision that is not yet durable anywhere is nobody else's business; who asks will ask again.
  if (tx.announced) tellOutcome(node, from, message, tx.outcome === "commit" ? tx.csn : 0, context);
}

/** Only some messages come from a node that lacks the outcome; the others are late. */
function tellOutcome(
  node: NodeState,
  to: NodeId,
  message: ProtocolMessage,
  outcome: Csn,
  context: Context,
): void {
  const { gid } = message;
  switch (message.type) {
    case "vote":
      // A vote is also said to acceptors, of which only the coordinator owes the voter an answer.
      if (coordinatorOf(gid) !== node.config.node) return;
      break;
    case "inquiry":
    case "precommit":
    case "preabort":
    case "accept":
      break;
    default:
      return;
  }
  if (outcome !== 0) return send(context, to, { type: "commit", gid, csn: outcome });
  send(context, to, { type: "abort", gid, reason: reasonToTell(node, gid) });
}

function reasonToTell(node: NodeState, gid: Gid): AbortReason {
  if (coordinatorOf(gid) !== node.config.node)
    return reasonOf(node, "already aborted", "this node knows its end", setOf(coordinatorOf(gid)));
  return reasonOf(node, "coordinator has no record", "it was aborted, or every member has finished it");
}
