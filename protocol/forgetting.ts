/**
 * Marks: every transaction of a coordinator below its mark is finished at this node. What lies below can be forgotten,
 * and whatever of it arrives again is recognised without being remembered.
 *
 * A mark rises with the coordinator's heartbeats while this node is online, because the coordinator waits for it; a node
 * that follows a donor takes the marks from the syncpoints in the donor's WAL.
 */
import type { Context } from "./context.ts";
import type { Gid } from "./gid.ts";
import { deleteKeyed, getKeyed, valuesOf } from "./keyed.ts";
import { contains, type NodeId } from "./members.ts";
import type { NodeState } from "./state.ts";
import { decideAbort, leftBehind, peerOf } from "./transactions.ts";

/** Marks only rise: one that comes late says nothing new. */
export function raiseMark(node: NodeState, coordinator: NodeId, below: Gid, context: Context): void {
  const peer = peerOf(node, coordinator);
  if (below <= peer.finishedBelow) return;
  forgetFinished(node, coordinator, below);
  if (coordinator !== node.config.node) abortLeftBehind(node, coordinator, below, context);
  peer.finishedBelow = below;
  // The mark is logged before what it makes derivable is dropped.
  context.emit({ type: "persist", record: { kind: "finished", coordinator, below }, forced: false });
  context.emit({ type: "forgetRecords", coordinator, below });
  context.emit({ type: "database", command: { type: "forgetOutcomes", coordinator, below } });
}

function forgetFinished(node: NodeState, coordinator: NodeId, below: Gid): void {
  const { finishedHere } = peerOf(node, coordinator);
  let kept = 0;
  for (const gid of finishedHere) {
    if (gid < below) deleteKeyed(node.finished, gid);
    else finishedHere[kept++] = gid;
  }
  finishedHere.length = kept;
}

/**
 * A transaction below the mark that is undecided here was aborted: had it been committed, the coordinator would have
 * waited for this node's own final ack, or the donor's WAL would have brought the commit before the mark. Of one that
 * this node has only as an acceptor, nothing is left to do.
 */
function abortLeftBehind(node: NodeState, from: NodeId, below: Gid, context: Context): void {
  for (const { gid, coordinator, members } of valuesOf(node.transactions)) {
    if (coordinator !== from || gid >= below) continue;
    const tx = getKeyed(node.transactions, gid);
    if (tx === undefined || tx.outcome !== "undecided") continue;
    // A copy that could not be applied is to be forgotten as one.
    const isParticipant = contains(members, node.config.node) || tx.local !== "absent" || tx.recovered;
    if (isParticipant) decideAbort(node, tx, leftBehind(node, tx), context);
    else deleteKeyed(node.transactions, gid);
  }
}
