/**
 * Heartbeats: which peers can be heard.
 *
 * Anything that comes from a peer proves that it lives; silence for `suspectBeats` own beats makes it suspected.
 * Beats are counted, not clock readings compared, because a wall clock may step. A suspicion may be wrong, and no
 * protocol here but Skeen's 3PC relies on it for safety.
 */
import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import { type Gid, makeGid } from "../gid.ts";
import { deleteKeyed, getKeyed, valuesOf } from "../keyed.ts";
import { contains, type NodeId, type NodeSet, setOf } from "../members.ts";
import { compareClocks } from "../snapshot/clock.ts";
import type { NodeState, Peer } from "../state.ts";
import { decideAbort, finishedBelow, leftBehind, peerOf } from "../transactions.ts";

export function sendHeartbeats(node: NodeState, context: Context): void {
  const below = finishedBelow(node, makeGid(node.config.node, node.nextSequence));
  const message = { type: "heartbeat", finishedBelow: below, clock: node.reading } as const;
  for (let to = 1; to <= node.config.nodes; to++) {
    if (to === node.config.node) continue;
    // It reveals nothing that is not durable: what is finished was made so by durable acks.
    context.emit({ type: "send", to, message, unordered: true });
  }
  forgetBelow(node, node.config.node, below, context);
}

export function countSilence(node: NodeState, context: Context): void {
  for (let id = 1; id <= node.config.nodes; id++) {
    if (id === node.config.node) continue;
    const peer = peerOf(node, id);
    peer.silentBeats += 1;
    peer.clockBeats += 1;
    if (peer.suspected || peer.silentBeats < node.config.suspectBeats) continue;
    peer.suspected = true;
    context.emit({ type: "note", note: { about: "suspected", peer: id } });
  }
}

/** Every message is a sign of life. */
export function hear(node: NodeState, from: NodeId, context: Context): void {
  const peer = peerOf(node, from);
  peer.silentBeats = 0;
  if (!peer.suspected) return;
  peer.suspected = false;
  context.emit({ type: "note", note: { about: "heard again", peer: from } });
}

export function takeHeartbeat(node: NodeState, from: NodeId, below: Gid, clock: Csn, context: Context): void {
  const peer = peerOf(node, from);
  peer.clock = clock;
  peer.clockBeats = 0;
  compareClocks(node);
  // Heartbeats may overtake each other; the mark only rises.
  if (below <= peer.finishedBelow) return;
  forgetFinished(node, peer, below);
  abortLeftBehind(node, from, below, context);
  forgetBelow(node, from, below, context);
}

/** The mark is logged before what it makes derivable is dropped. */
function forgetBelow(node: NodeState, coordinator: NodeId, below: Gid, context: Context): void {
  const peer = peerOf(node, coordinator);
  if (below <= peer.finishedBelow) return;
  peer.finishedBelow = below;
  context.emit({ type: "persist", record: { kind: "finished", coordinator, below }, forced: false });
  context.emit({ type: "forgetRecords", coordinator, below });
  context.emit({ type: "database", command: { type: "forgetOutcomes", coordinator, below } });
}

/** This node and the peers that it does not suspect. */
export function reachable(node: NodeState): NodeSet {
  let set = 0;
  for (let id = 1; id <= node.config.nodes; id++) {
    if (id === node.config.node || !peerOf(node, id).suspected) set |= setOf(id);
  }
  return set;
}

export function isReachable(node: NodeState, peer: NodeId): boolean {
  return contains(reachable(node), peer);
}

function forgetFinished(node: NodeState, peer: Peer, below: Gid): void {
  let kept = 0;
  for (const gid of peer.finishedHere) {
    if (gid < below) deleteKeyed(node.finished, gid);
    else peer.finishedHere[kept++] = gid;
  }
  peer.finishedHere.length = kept;
}

/**
 * A transaction below the mark that is undecided here was aborted: had it been committed, the coordinator would
 * have waited for this node's own final ack.
 */
function abortLeftBehind(node: NodeState, from: NodeId, below: Gid, context: Context): void {
  for (const { gid, coordinator } of valuesOf(node.transactions)) {
    if (coordinator !== from || gid >= below) continue;
    const tx = getKeyed(node.transactions, gid);
    if (tx === undefined || tx.outcome !== "undecided") continue;
    decideAbort(node, tx, leftBehind(node), context);
  }
}
