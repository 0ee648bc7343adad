/**
 * Syncpoints: from where on a node must be able to read another one's WAL (mmts 5.3, in other words).
 *
 * A peer that fails may have to read everything that it lacks, of all origins, from this node; until then its slot here
 * must keep it. LSNs of different servers cannot be compared, but gids can: each node says in its heartbeats below which
 * gids of each coordinator it has everything, finished. And each node writes, now and then, a syncpoint into its WAL and
 * remembers above which gids nothing had been prepared before. So once a peer holds all below those, the WAL before the
 * syncpoint is of no use to it, and its slot may move there.
 *
 * The syncpoint also says what is finished at its writer before it: who follows the WAL that far has finished it too.
 */
import type { Context } from "../context.ts";
import type { Gid } from "../gid.ts";
import { valuesOf } from "../keyed.ts";
import { contains, type NodeId, setOf } from "../members.ts";
import { isMember } from "../membership/generation.ts";
import { isOnline } from "../membership/online.ts";
import type { Heartbeat } from "../messages.ts";
import type { NodeState, Syncpoint } from "../state.ts";
import { peerOf } from "../transactions.ts";

/** While a peer is away, every other one is dropped whenever there are so many. */
const MAX_SYNCPOINTS = 64;

/** Once a beat: writes a syncpoint if it is time, and anything was prepared or finished since the last. */
export function writeSyncpoint(node: NodeState, context: Context): void {
  const { syncpoints, config, membership } = node;
  if (config.membership === "fixed" || membership.standing !== "online") return;
  if (syncpoints.writing || node.beats % config.syncpointBeats !== 0) return;
  const holds = node.peers.map((peer) => peer.finishedBelow);
  const last = syncpoints.written.at(-1);
  if (last !== undefined && covers(last.seen, syncpoints.seen) && covers(syncpoints.told, holds)) return;
  syncpoints.writing = true;
  syncpoints.told = holds;
  const message = { kind: "syncpoint", holds } as const;
  context.emit({ type: "database", command: { type: "logMessage", message } });
}

/**
 * By coordinator: below which gids everything is finished here. A coordinator's mark stands still while a member is away.
 * But of older generations all that can still commit is here, because this node is online (P2), and so is finished or is
 * known not to be; and of a coordinator that is no member any more, there is nothing else.
 */
export function holdsOf(node: NodeState): Gid[] {
  const { members } = node.membership.current;
  const { seen, before } = node.syncpoints;
  const holds = node.peers.map(({ finishedBelow }) => finishedBelow);
  if (!isOnline(node)) return holds;
  let raised = 0;
  for (let coordinator = 1; coordinator < holds.length; coordinator++) {
    const known = (contains(members, coordinator) ? before[coordinator] : seen[coordinator]) ?? 0;
    if (known <= (holds[coordinator] ?? 0)) continue;
    raised |= setOf(coordinator);
    holds[coordinator] = known;
  }
  if (raised === 0) return holds;
  for (const { gid, coordinator, local } of valuesOf(node.transactions)) {
    const isFinished = local === "committed" || local === "aborted" || local === "absent";
    if (isFinished || !contains(raised, coordinator)) continue;
    holds[coordinator] = Math.min(holds[coordinator] ?? 0, gid);
  }
  return holds;
}

/**
 * A peer has finished more of a coordinator that is gone than this node, perhaps a new one, has ever seen. Of a generation
 * that this node does not know yet it may be a member, and go on.
 */
export function takeHolds(node: NodeState, { holds, generation }: Heartbeat): void {
  const { members, number } = node.membership.current;
  if (generation.number > number) return;
  holds.forEach((below, coordinator) => {
    if (coordinator !== 0 && below > 0 && !contains(members, coordinator))
      noteSeen(node, coordinator, below - 1);
  });
}

/** It is in the WAL; what was being prepared meanwhile may lie before it. */
export function takeSyncpoint(node: NodeState, lsn: number): void {
  const { syncpoints } = node;
  syncpoints.writing = false;
  dropUseless(node);
  const { written } = syncpoints;
  written.push({ lsn, seen: syncpoints.seen.slice() });
  if (written.length < MAX_SYNCPOINTS) return;
  const kept = written.filter((_, index) => index % 2 === 1);
  written.splice(0, written.length, ...kept);
}

/** How far this node's WAL is of no use any more to the peer. */
export function keepFromFor(node: NodeState, to: NodeId): number {
  const { holds, lastOnlineIn } = peerOf(node, to);
  const { written, markAt } = node.syncpoints;
  const { current } = node.membership;
  let lsn = 0;
  for (const syncpoint of written) {
    if (!covers(holds, syncpoint.seen)) break;
    lsn = syncpoint.lsn;
  }
  // A member that is not online yet has still to find the mark of the generation.
  const seeksMark = isMember(current, to) && lastOnlineIn < current.number;
  return seeksMark ? Math.min(lsn, markAt - 1) : lsn;
}

/** After a restart: whatever is known to have been prepared here may lie before the next syncpoint. */
export function noteSeen(node: NodeState, coordinator: NodeId, gid: Gid): void {
  const { seen } = node.syncpoints;
  if (gid >= (seen[coordinator] as Gid)) seen[coordinator] = gid + 1;
}

/** Of the syncpoints that every peer is beyond, only the last is of use. */
function dropUseless(node: NodeState): void {
  const { written } = node.syncpoints;
  let passed = 0;
  while (passed < written.length && everyPeerHolds(node, written[passed] as Syncpoint)) passed += 1;
  if (passed > 1) written.splice(0, passed - 1);
}

function everyPeerHolds(node: NodeState, { seen }: Syncpoint): boolean {
  return node.peers.every(({ slotSeen, holds }) => slotSeen === null || covers(holds, seen));
}

/** Whether everything that was seen is held. */
export function covers(holds: readonly Gid[], seen: readonly Gid[]): boolean {
  return seen.every((gid, coordinator) => gid <= (holds[coordinator] ?? 0));
}
