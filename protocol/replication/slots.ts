/**
 * Replication slots: for whom this node's WAL is kept, and whether it reaches back to what the peer lacks.
 *
 * The slots of the first nodes are there from the first, so nothing lies before them. That of a node which is to be added
 * is made when its heartbeats say so; what was prepared before may be missing in it. So this node remembers what that can
 * be, and tells the peer whether its WAL would bring everything that the peer lacks. One that nobody's WAL reaches back
 * for must be replaced by a node with a copy.
 */
import type { Context } from "../context.ts";
import type { Gid } from "../gid.ts";
import { contains, type NodeId, type NodeSet, toList } from "../members.ts";
import { onlinePeers } from "../membership/online.ts";
import type { Heartbeat } from "../messages.ts";
import type { SlotRecord } from "../records.ts";
import type { NodeState } from "../state.ts";
import { isHere, peerOf } from "../transactions.ts";
import { covers, keepFromFor } from "./syncpoints.ts";

/** Whether there is nothing in this node's database yet. */
export function needsCopy({ config, recovery }: NodeState): boolean {
  return !contains(config.initial, config.node) && recovery.copyOf === 0;
}

/** What the peer is told about its slot here. */
export function slotOf(node: NodeState, peer: NodeId): Heartbeat["slot"] {
  const { slotSeen, holds } = peerOf(node, peer);
  if (slotSeen === null) return "none";
  return covers(holds, slotSeen) ? "reaches back" : "too late";
}

/**
 * Whether the peer's WAL brings this node all that it lacks. Where its database was copied from, its slot begins with the
 * copy: behind what was prepared then, and may have been given up here meanwhile.
 */
export function canFollow(node: NodeState, peer: NodeId): boolean {
  const { slot, slotBeginThere } = peerOf(node, peer);
  const { copied } = node.membership;
  // As any other, if it was made again since.
  if (peer !== node.recovery.copyOf || copied === null || slotBeginThere > copied.lsn)
    return slot === "reaches back";
  return slot !== "none" && copied.dropped.every((gid) => isHere(node, gid));
}

/**
 * Once a beat: makes slots for those that are to be added, and for one that is online again with what another had kept
 * for it; and drops those that keep too much.
 */
export function beatSlots(node: NodeState, context: Context): void {
  if (needsCopy(node)) return;
  const online = onlinePeers(node) & node.membership.current.configured;
  for (let id = 1; id <= node.config.nodes; id++) {
    if (id === node.config.node) continue;
    const { joining, slotSeen, slotBegin, holds } = peerOf(node, id);
    if (slotSeen === null) {
      if (joining || contains(online, id))
        context.emit({ type: "database", command: { type: "createSlot", peer: id } });
    } else if (slotSeen.some((gid) => gid > 0) && (covers(holds, slotSeen) || hasAllBefore(node, id))) {
      // From now on all that it does not have is in its slot, though a crash may take its marks back.
      const nothing = slotSeen.map(() => 0);
      setSlot(node, id, nothing, slotBegin, context);
    } else if (keepsTooMuch(node, id)) {
      const why = `it is away, and more than ${node.config.maxKeptBytes} bytes of WAL are kept for it`;
      context.emit({ type: "note", note: { about: "slot", peer: id, why } });
      dropSlot(node, id, context);
    }
  }
}

/**
 * The slot was made in an older generation than the one in which the peer is online. So the peer has whatever lies before
 * it and may commit (P2), though no mark says so: a member that is away holds the coordinators' marks back.
 */
function hasAllBefore(node: NodeState, peer: NodeId): boolean {
  const { current } = node.membership;
  const { lastOnlineIn, doubts, slotGeneration } = peerOf(node, peer);
  if (lastOnlineIn !== current.number || slotGeneration >= current.number) return false;
  return doubts?.before === current.number && doubts.gids.length === 0;
}

/** The slot is there; what is being prepared now may lie before it. */
export function takeSlotCreated(node: NodeState, peer: NodeId, lsn: number, context: Context): void {
  if (peerOf(node, peer).slotSeen === null) setSlot(node, peer, node.syncpoints.seen.slice(), lsn, context);
}

/** These are no nodes of the cluster any more. */
export function dropSlots(node: NodeState, removed: NodeSet, context: Context): void {
  for (const peer of toList(removed)) {
    if (peer !== node.config.node && peerOf(node, peer).slotSeen !== null) dropSlot(node, peer, context);
  }
}

export function restoreSlot(node: NodeState, { peer, seen, begin, generation }: SlotRecord): void {
  const slot = peerOf(node, peer);
  slot.slotSeen = seen;
  slot.slotBegin = begin;
  slot.slotGeneration = generation;
}

/** On a copy of a donor's database, the WAL begins with the copy. */
export function beginSlots(node: NodeState, context: Context): void {
  const { current, copied } = node.membership;
  const begin = copied?.lsn ?? 0;
  for (let id = 1; id <= node.config.nodes; id++) {
    if (id === node.config.node) continue;
    setSlot(node, id, contains(current.configured, id) ? node.syncpoints.seen.slice() : null, begin, context);
  }
}

function dropSlot(node: NodeState, peer: NodeId, context: Context): void {
  setSlot(node, peer, null, 0, context);
  context.emit({ type: "database", command: { type: "dropSlot", peer } });
}

function setSlot(
  node: NodeState,
  peer: NodeId,
  seen: readonly Gid[] | null,
  begin: number,
  context: Context,
): void {
  const generation = node.membership.current.number;
  const record = { kind: "slot", peer, seen, begin, generation } as const;
  restoreSlot(node, record);
  context.emit({ type: "persist", record, forced: true });
}

/**
 * What lies between what the peer holds, or the slot's beginning, or the first that is known since the start, and the
 * last syncpoint.
 */
function keepsTooMuch(node: NodeState, peer: NodeId): boolean {
  const { maxKeptBytes } = node.config;
  if (maxKeptBytes === 0 || !peerOf(node, peer).suspected) return false;
  const first = node.syncpoints.written[0];
  const last = node.syncpoints.written.at(-1);
  if (first === undefined || last === undefined) return false;
  const begin = Math.max(keepFromFor(node, peer), peerOf(node, peer).slotBegin, first.lsn);
  return last.lsn - begin > maxKeptBytes;
}
