/**
 * A new node's database: a copy of a donor's (pg_basebackup), from whose end on it follows the donor's WAL.
 *
 * The copy holds what the donor holds, prepared transactions with it: those that are still in doubt are copies here, like
 * any that a donor's stream brings. Before it is made, every node that this one sees has a slot for it, so that none
 * drops WAL which this node may come to need.
 */
import type { Context } from "../context.ts";
import type { CopyLabel, PrepareLabel } from "../database.ts";
import { contains, lowest, type NodeId, type NodeSet, toList } from "../members.ts";
import { cliqueOf } from "../membership/elections.ts";
import { isMajority } from "../membership/generation.ts";
import { onlinePeers } from "../membership/online.ts";
import type { NodeState } from "../state.ts";
import { peerOf } from "../transactions.ts";
import { isLatest } from "./following.ts";

/** After so many times `resendBeats` a copy has failed. */
const PATIENCE = 10;

/** Once a beat, until it is there. */
export function askForCopy(node: NodeState, context: Context): void {
  const { recovery, config, beats } = node;
  if (recovery.askedAt >= 0 && beats - recovery.askedAt < PATIENCE * config.resendBeats) return;
  const from = donorOfCopy(node);
  if (from === 0) return;
  recovery.askedAt = beats;
  context.emit({ type: "note", note: { about: "recovery", from, why: "to copy its database" } });
  context.emit({ type: "copyDatabase", from });
}

/** Its donor is gone, or is left behind itself, and no other's WAL reaches back: it has promised nobody to keep what it has. */
export function copyAnewIfStranded(node: NodeState, donor: NodeId, clique: NodeSet, context: Context): void {
  if (donor !== 0 && isLatest(node, donor, clique)) node.recovery.askedAt = node.beats;
  else askForCopy(node, context);
}

/**
 * Whether the node may be started on the copy that it asked for, now that this is made: it may have found a donor in the
 * meantime, and what it has promised or prepared since is not in the copy.
 */
export function mayStartOnCopy({ config, membership }: NodeState): boolean {
  return !contains(membership.current.configured | membership.lastVote.members, config.node);
}

/** What a start on a copy begins with. */
export function takeCopyLabel(
  node: NodeState,
  { from, lsn, highWater }: CopyLabel,
  prepared: readonly PrepareLabel[],
): void {
  node.recovery.copyOf = from;
  if (node.membership.copied?.lsn !== lsn)
    node.membership.copied = { lsn, prepared: prepared.map(({ gid }) => gid), dropped: [] };
  node.recovery.askedAt = node.beats;
  const { clock } = node;
  clock.floor = Math.max(clock.floor, highWater);
  clock.snapshot = Math.max(clock.snapshot, highWater);
  clock.highWater = Math.max(clock.highWater, highWater);
}

/** The lowest-numbered that is online, where a majority is seen and all of it has a slot; else 0. */
function donorOfCopy(node: NodeState): NodeId {
  const { current } = node.membership;
  const seen = cliqueOf(node) & current.configured;
  if (!isMajority(seen, current.configured)) return 0;
  if (toList(seen).some((id) => peerOf(node, id).slot === "none")) return 0;
  return lowest(seen & onlinePeers(node));
}
