/** Which donor's WAL a node follows: choosing it, opening and closing its stream, and whether it has caught up. */
import type { Context } from "../context.ts";
import { applySession } from "../database.ts";
import { getKeyed, valuesOf } from "../keyed.ts";
import { contains, lowest, type NodeId, type NodeSet, setOf, toList } from "../members.ts";
import { isConnected } from "../membership/links.ts";
import type { NodeState, Transaction } from "../state.ts";
import { forgetCopy, peerOf, removeFrom } from "../transactions.ts";
import { canFollow } from "./slots.ts";

/** How many beats old an answer of the donor may be that shows this node to have caught up (mmts 4.5: five). */
const CAUGHT_UP_BEATS = 5;

/** Reads everything in this node's WAL from now on. */
export function follow(node: NodeState, donor: NodeId, why: string, context: Context): void {
  if (node.recovery.donor !== 0) stopFollowing(node, context);
  const { stream } = peerOf(node, donor);
  if (stream.mode !== "closed") context.emit({ type: "closeStream", from: donor });
  stream.mode = "all";
  stream.received = stream.confirmed;
  stream.unsettled.length = 0;
  node.recovery.donor = donor;
  node.recovery.reached = stream.confirmed;
  context.emit({ type: "note", note: { about: "recovery", from: donor, why } });
  context.emit({ type: "openStream", from: donor, mode: "all" });
}

/** What of it is not yet prepared will come again, from whomever. */
export function stopFollowing(node: NodeState, context: Context): void {
  const { recovery } = node;
  const { stream } = peerOf(node, recovery.donor);
  context.emit({ type: "closeStream", from: recovery.donor });
  stream.mode = "closed";
  recovery.donor = 0;
  dropQueue(node, context);
}

/** One that is still being applied. */
export function rollBackCopy(tx: Transaction, context: Context): void {
  tx.local = "rolling back";
  context.emit({ type: "database", command: { type: "rollback", session: applySession(tx.gid) } });
}

export function dropCopy(node: NodeState, tx: Transaction, context: Context): void {
  tx.local = "rolling back";
  removeFrom(node.undecided, tx.gid);
  context.emit({ type: "database", command: { type: "rollbackPrepared", gid: tx.gid } });
}

/** The stream is broken or closed. */
export function dropQueue(node: NodeState, context: Context): void {
  const { recovery } = node;
  recovery.queue.length = 0;
  recovery.next = 0;
  recovery.again = 0;
  recovery.stuck = null;
  recovery.caughtUpAt = -1;
  recovery.firstCaughtUp = -1;
  recovery.trip = 0;
  recovery.question = null;
  for (const { label } of valuesOf(recovery.failed)) {
    const tx = getKeyed(node.transactions, label.gid);
    if (tx !== undefined) forgetCopy(node, tx);
  }
  for (const { label } of valuesOf(recovery.working)) {
    const tx = getKeyed(node.transactions, label.gid);
    if (tx?.local === "applying") rollBackCopy(tx, context);
  }
}

/** Everything is dealt with that the donor had when it was asked. */
export function noteAnswer({ recovery, beats }: NodeState, asked: number): void {
  recovery.caughtUpAt = asked;
  if (recovery.firstCaughtUp < 0) recovery.firstCaughtUp = beats;
  if (asked < recovery.firstCaughtUp) return;
  const took = beats - asked;
  recovery.trip = recovery.trip === 0 ? took : Math.min(recovery.trip, took);
}

/** Whether this node has dealt with everything that its donor had a moment ago; a slow link makes that moment earlier. */
export function hasCaughtUp(node: NodeState): boolean {
  const { donor, caughtUpAt, trip } = node.recovery;
  return donor !== 0 && caughtUpAt >= 0 && node.beats - caughtUpAt <= CAUGHT_UP_BEATS + trip;
}

/** Whether nobody else in the set was online later. */
export function isLatest(node: NodeState, donor: NodeId, clique: NodeSet): boolean {
  const { lastOnlineIn } = peerOf(node, donor);
  const others = toList(clique & ~setOf(node.config.node));
  return others.every((peer) => peerOf(node, peer).lastOnlineIn <= lastOnlineIn);
}

/** The node that holds most of those in the set, the present donor if none holds more; 0 if there is none. */
export function bestDonor(node: NodeState, among: NodeSet): NodeId {
  let best = 0;
  let latest = -1;
  for (let id = 1; id <= node.config.nodes; id++) {
    if (id === node.config.node || !contains(among, id) || !isConnected(node, id)) continue;
    if (!canFollow(node, id)) continue;
    const { lastOnlineIn } = peerOf(node, id);
    if (lastOnlineIn < latest || (lastOnlineIn === latest && id !== node.recovery.donor)) continue;
    best = id;
    latest = lastOnlineIn;
  }
  return best;
}

/** The lowest-numbered of the set that this node is connected with, or the present donor if that is one; 0 if none. */
export function anyDonor(node: NodeState, among: NodeSet): NodeId {
  const { donor } = node.recovery;
  let connected = 0;
  for (let id = 1; id <= node.config.nodes; id++) {
    if (id === node.config.node || !contains(among, id) || !isConnected(node, id)) continue;
    if (canFollow(node, id)) connected |= setOf(id);
  }
  return contains(connected, donor) ? donor : lowest(connected);
}
