/** What a node is in its current generation, and whether it may serve clients. */
import type { NodeConfig } from "../config.ts";
import { contains, type NodeSet, setOf, toList } from "../members.ts";
import type { AbortReason } from "../messages.ts";
import type { MembershipRecord } from "../records.ts";
import { isClockChecked } from "../snapshot/clock.ts";
import type { Membership, NodeState, Standing } from "../state.ts";
import { hasGaps, peerOf, reasonOf } from "../transactions.ts";
import { largestClique } from "./clique.ts";
import { doesWork, isMajority, isMember } from "./generation.ts";
import { disconnected, linksOf } from "./links.ts";

const REPLACE_IT = "Remove it, and add a node of another number";

/** From what is durable (mmts 4.1, 4.3). A donor holds everything that the generation began with, so it needs no donor. */
export function standingIn(
  membership: MembershipRecord | Membership,
  { node, referee }: Pick<NodeConfig, "node" | "referee">,
): Standing {
  if (node === referee) return "outside";
  const { current, donors, lastOnlineIn, lastVote, safeLogged } = membership;
  if (lastOnlineIn === current.number) return safeLogged ? "online" : "marking";
  if (!isMember(current, node) || !doesWork(current) || lastVote.number !== current.number) return "outside";
  return contains(donors, node) ? "draining" : "recovering";
}

/** Why a client is turned away, in words; null if it is not. */
export function whyTurnedAway(node: NodeState): string | null {
  if (!isClockChecked(node) && !node.membership.lost)
    return "it has not yet compared its clock with a majority's";
  return whyNotServing(node);
}

/** What its clients are told who are turned away, or whose transactions are. Peers: whom it lacks, and whom it follows. */
export function notOnline(node: NodeState): AbortReason {
  const { membership, recovery } = node;
  const why = whyTurnedAway(node) ?? "it was not online";
  const donor = recovery.donor === 0 ? 0 : setOf(recovery.donor);
  return reasonOf(node, "not online", why, disconnected(node, membership.current.members) | donor);
}

/** As far as the generation is concerned. */
export function whyNotServing(node: NodeState): string | null {
  if (node.config.membership === "fixed") return null;
  const { standing, current } = node.membership;
  switch (standing) {
    case "draining":
    case "marking":
      return `it is about to come online in generation ${current.number}`;
    case "recovering":
      return whyRecovering(node);
    case "outside":
      return whyOutside(node);
    case "online":
      return whyIsolated(node);
  }
}

function whyRecovering({ membership, recovery }: NodeState): string {
  const { current, donors } = membership;
  const aim = `to come online in generation ${current.number}`;
  if (recovery.stuck !== null) return `it is ${aim}, and must be rebuilt: ${recovery.stuck}`;
  if (recovery.donor === 0) return `it is ${aim}, and reaches no donor: these are nodes ${list(donors)}`;
  return `it recovers from node ${recovery.donor} ${aim}`;
}

function whyOutside(node: NodeState): string {
  const { membership, recovery, config } = node;
  const { current } = membership;
  if (membership.lost) {
    return `its log is lost, and with it what it has promised. ${REPLACE_IT}`;
  }
  if (config.node === config.referee) return "it is the referee, and has no data";
  if (!contains(current.configured, config.node)) return whyNoNode(node);
  const role = isMember(current, config.node)
    ? `generation ${current.number} of nodes ${list(current.members)} is not at work`
    : `generation ${current.number} has only nodes ${list(current.members)}`;
  if (recovery.stuck !== null) return `${role}, and it must be rebuilt: ${recovery.stuck}`;
  if (recovery.donor !== 0) return `${role}, and it catches up from node ${recovery.donor}`;
  if (isTooFarBehind(node)) {
    return `${role}, and it is too far behind: no WAL reaches back to what it lacks. ${REPLACE_IT}`;
  }
  return `${role}, and it ${whyFollowsNobody(node)}`;
}

function whyFollowsNobody(node: NodeState): string {
  const { configured } = node.membership.current;
  const clique = largestClique(linksOf(node), configured) | setOf(node.config.node);
  if (!isMajority(clique, configured)) return "sees no majority that it could catch up with";
  return "is about to look for a node that it could catch up with";
}

/** Whether it sees a majority, and none of it has a slot that begins early enough. */
export function isTooFarBehind(node: NodeState): boolean {
  const { configured } = node.membership.current;
  const seen = configured & ~disconnected(node, configured);
  if (!isMajority(seen, configured)) return false;
  return toList(seen & ~setOf(node.config.node)).every((id) => peerOf(node, id).slot !== "reaches back");
}

function whyNoNode({ membership, recovery }: NodeState): string {
  if (!membership.joining) return "it is no node of the cluster";
  if (recovery.donor !== 0) return `it is being added, and catches up from node ${recovery.donor}`;
  if (recovery.askedAt > 0) return "it is being added, and copies a donor's database";
  return "it is being added, and sees no majority with slots for it";
}

function whyIsolated(node: NodeState): string | null {
  const { current } = node.membership;
  const down = disconnected(node, current.members);
  if (down !== 0) return `its link to node ${list(down)} is down`;
  const { inDoubt } = node.recovery;
  if (inDoubt > 0) return `${inDoubt} transactions from before it came online are in doubt`;
  return hasGaps(node) ? "it has some commits before others with a smaller CSN" : null;
}

function list(set: NodeSet): string {
  return toList(set).join(", ");
}
