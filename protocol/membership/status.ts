/**
 * What a node is, as an administrator asks for it: one of five states, and in a sentence why it does not serve (mmts 7.2
 * `status()`, whose five words these are; the original does not say why).
 */
import { type NodeId, toList } from "../members.ts";
import { hasCaughtUp } from "../replication/following.ts";
import type { NodeState } from "../state.ts";
import { disconnected } from "./links.ts";
import { whyTurnedAway } from "./standing.ts";

export type NodeCondition =
  /** It is not at work, and follows nobody from whom it could catch up. */
  | "disabled"
  /** It is not at work, and copies what it missed. */
  | "catchup"
  /** A member on its way to being online: the others wait for it. */
  | "recovery"
  | "online"
  /** It would be online, but its link to a member is down. */
  | "isolated";

export interface NodeStatus {
  readonly state: NodeCondition;
  /** The generation that it knows, with its members and those who held everything when it began. */
  readonly generation: number;
  readonly members: readonly NodeId[];
  readonly donors: readonly NodeId[];
  /** The last generation in which it was online. */
  readonly onlineIn: number;
  /** The nodes whose link to this one carries both directions, itself included. */
  readonly connected: readonly NodeId[];
  /** How far it is behind the node that it follows; null if it follows nobody. */
  readonly lag: Lag | null;
  /** Why its clients are turned away; null if they are not. */
  readonly why: string | null;
}

export interface Lag {
  readonly donor: NodeId;
  /** Of the donor's WAL, not dealt with. */
  readonly bytes: number;
  /** That have come from it, and are not prepared here yet. */
  readonly transactions: number;
}

/** `donorEnd`: where the donor's WAL ends; if nobody has asked its server, what has come of it counts. */
export function statusOf(node: NodeState, donorEnd = 0): NodeStatus {
  const { current, donors, lastOnlineIn } = node.membership;
  return {
    state: conditionOf(node),
    generation: current.number,
    members: toList(current.members),
    donors: toList(donors),
    onlineIn: lastOnlineIn,
    connected: toList(current.configured & ~disconnected(node, current.configured)),
    lag: lagOf(node, donorEnd),
    why: whyNotOpen(node),
  };
}

function conditionOf(node: NodeState): NodeCondition {
  if (node.config.membership === "fixed") return "online";
  const { standing, current } = node.membership;
  switch (standing) {
    case "outside":
      return node.recovery.donor === 0 ? "disabled" : "catchup";
    case "recovering":
    case "draining":
    case "marking":
      return "recovery";
    case "online":
      return disconnected(node, current.members) === 0 ? "online" : "isolated";
  }
}

function lagOf({ recovery, membership }: NodeState, donorEnd: number): Lag | null {
  const { donor, queue, next, reached, working, failed } = recovery;
  // Online it reads on for outcomes only.
  if (donor === 0 || membership.standing === "online") return null;
  const end = Math.max(donorEnd, queue.at(-1)?.lsn ?? 0, reached);
  const queued = queue.slice(next).filter(({ kind }) => kind === "prepared").length;
  return { donor, bytes: end - reached, transactions: queued + working.count + failed.count };
}

function whyNotOpen(node: NodeState): string | null {
  const why = whyTurnedAway(node);
  return why === null ? null : why + nextStep(node);
}

function nextStep(node: NodeState): string {
  const { campaign, standing, current } = node.membership;
  if (campaign !== null) {
    const { number, members } = campaign.candidate;
    return `; it stands for generation ${number} of nodes ${toList(members).join(", ")}`;
  }
  if (standing !== "outside" || !hasCaughtUp(node)) return "";
  const down = toList(disconnected(node, current.members));
  if (down.length > 0) return `; it has caught up, but its link to node ${down.join(", ")} is down`;
  return "; it has caught up, and is about to ask to be taken in";
}
