/**
 * Heartbeats: which peers can be heard, and what everybody should know.
 *
 * Anything that comes from a peer proves that it lives; silence for `suspectBeats` own beats makes it suspected.
 * Beats are counted, not clock readings compared, because a wall clock may step. A suspicion may be wrong, and no
 * protocol here but Skeen's 3PC relies on it for safety.
 */
import type { Context } from "../context.ts";
import { raiseMark } from "../forgetting.ts";
import { makeGid } from "../gid.ts";
import { valuesOf } from "../keyed.ts";
import { contains, firstNodes, type NodeId, type NodeSet, setOf } from "../members.ts";
import type { Heartbeat } from "../messages.ts";
import { doubtsOf, noteDoubts } from "../replication/doubts.ts";
import { slotOf } from "../replication/slots.ts";
import { holdsOf, keepFromFor, takeHolds } from "../replication/syncpoints.ts";
import { compareClocks, keepAbove, noteStamp } from "../snapshot/clock.ts";
import type { NodeState } from "../state.ts";
import { finishedBelow, peerOf, send } from "../transactions.ts";
import { heardHere } from "./links.ts";
import { isReferee } from "./scope.ts";

export function sendHeartbeats(node: NodeState, context: Context): void {
  sendHeartbeatsTo(node, firstNodes(node.config.nodes), context);
}

function sendHeartbeatsTo(node: NodeState, receivers: NodeSet, context: Context): void {
  const { config, membership } = node;
  const below = finishedBelow(node, makeGid(config.node, node.nextSequence));
  raiseMark(node, config.node, below, context);
  const readsAtCsn = config.snapshot === "clock-si" && config.membership === "elected";
  if (readsAtCsn) keepAbove(node, node.now, context);
  const common = {
    type: "heartbeat",
    finishedBelow: below,
    clock: node.reading,
    generation: membership.current,
    donors: membership.donors,
    lastOnlineIn: membership.provenOnlineIn,
    heard: heardHere(node),
    stampsAbove: readsAtCsn ? node.clock.floor : 0,
    holds: holdsOf(node),
    doubts: doubtsOf(node),
    joining: membership.joining,
  } as const;
  for (let to = 1; to <= config.nodes; to++) {
    if (to === config.node || !contains(receivers, to)) continue;
    // It reveals nothing that a crash could make untrue: generations are elected by durable votes, what is finished was
    // made so by durable acks, and that this node is online is told once it is durable. But a bound on its stamps must
    // be durable first.
    const { slotBegin } = peerOf(node, to);
    const message = { ...common, keepFrom: keepFromFor(node, to), slot: slotOf(node, to), slotBegin };
    if (readsAtCsn) send(context, to, message);
    else context.emit({ type: "send", to, message, unordered: true });
  }
}

export function countSilence(node: NodeState, context: Context): void {
  for (let id = 1; id <= node.config.nodes; id++) {
    if (id === node.config.node) continue;
    const peer = peerOf(node, id);
    peer.silentBeats += 1;
    peer.clockBeats += 1;
    if (peer.suspected || peer.silentBeats < node.config.suspectBeats) continue;
    peer.suspected = true;
    peer.heard = 0;
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

export function takeHeartbeat(node: NodeState, from: NodeId, heartbeat: Heartbeat, context: Context): void {
  const peer = peerOf(node, from);
  const isNew = peer.heard === 0;
  peer.clock = heartbeat.clock;
  peer.clockBeats = 0;
  peer.heard = heartbeat.heard;
  peer.lastOnlineIn = heartbeat.lastOnlineIn;
  peer.holds = heartbeat.holds;
  takeHolds(node, heartbeat);
  noteDoubts(node, from, heartbeat);
  peer.slot = heartbeat.slot;
  peer.slotBeginThere = heartbeat.slotBegin;
  peer.joining = heartbeat.joining;
  if (heartbeat.keepFrom > peer.keepFrom) peer.keepFrom = heartbeat.keepFrom;
  compareClocks(node);
  // So that the link is known to carry both directions without waiting for the next beat.
  if (isNew && node.config.membership === "elected") sendHeartbeatsTo(node, setOf(from), context);
}

/**
 * What the coordinator's mark says is true of the members of each transaction's generation. It is true of this node if
 * that has everything older than its generation, decided, and has been a member since; but for copies whose commit is
 * still to be carried out here, because no coordinator waits for that.
 */
export function takeFinishedMark(
  node: NodeState,
  from: NodeId,
  heartbeat: Heartbeat,
  context: Context,
): void {
  const { standing, current } = node.membership;
  if (heartbeat.generation.number <= current.number) noteStamp(node, from, heartbeat.stampsAbove);
  // A referee is only an acceptor: what is finished on every member needs it no more.
  if (!isReferee(node) && (standing !== "online" || node.recovery.inDoubt > 0)) return;
  if (heartbeat.generation.number > current.number) return;
  if (heartbeat.finishedBelow <= peerOf(node, from).finishedBelow) return;
  let below = heartbeat.finishedBelow;
  for (const { gid, coordinator, recovered, outcome } of valuesOf(node.transactions)) {
    if (coordinator === from && recovered && outcome === "commit" && gid < below) below = gid;
  }
  raiseMark(node, from, below, context);
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
