/**
 * The referee of a cluster of two nodes (mmts 5.5): a third one without data, that says which of the two may go on alone.
 *
 * It is a configured node: it hears, votes in elections, and is an acceptor of the commit protocols, so that what the
 * dead node had under way is finished by the other; but it never holds rows, and no transaction waits for it. A
 * generation of one of the two does work if the referee is named among its members, which needs the referee's own vote.
 *
 * Such a vote is a grant: from then on that one of the two may have committed what the other lacks. So while the grant
 * stands, the referee gives it to nobody else, and its vote counts in no election in which the holder has no vote. It
 * ends when both were seen online in the same later generation: then both have everything.
 *
 * A generation that the referee is a member of has only its one data node as acceptor: a transaction that only this node
 * has prepared needs nobody else, and the winner works on when the referee is gone.
 */
import type { Context } from "../context.ts";
import { contains, firstNodes, type NodeId, type NodeSet, setOf, size } from "../members.ts";
import type { NodeState } from "../state.ts";
import { peerOf } from "../transactions.ts";
import type { Generation } from "./generation.ts";
import { persistMembership } from "./generations.ts";
import { isGranted, isReferee, withData } from "./scope.ts";

/** Whom a generation of these data nodes must have as its members: the referee too where they are no majority. */
export function withRefereeIfNeeded(
  { config }: NodeState,
  members: NodeSet,
  seen: NodeSet,
  configured: NodeSet,
): NodeSet {
  const { referee } = config;
  if (referee === 0 || 2 * size(members) > size(configured) || !contains(seen, referee)) return members;
  return members | setOf(referee);
}

/** The referee's rule, beside those of every voter. */
export function mayGrant(node: NodeState, from: NodeId, asked: Generation): boolean {
  const { grantedTo } = node.membership;
  if (!isReferee(node) || !isGranted(node, asked)) return true;
  return (grantedTo === 0 || grantedTo === from) && withData(node, asked.members) === setOf(from);
}

/** The promise is being made durable; the grant with it. */
export function noteGrant(node: NodeState, from: NodeId, asked: Generation): void {
  if (!isReferee(node) || !isGranted(node, asked)) return;
  node.membership.grantedTo = from;
  node.membership.grantedIn = asked.number;
}

/** Whether a candidate may count these votes: the referee's only together with that of the node that may have more. */
export function mayCount(node: NodeState, granted: NodeSet, members: NodeSet, grantedTo: NodeId): boolean {
  const { referee } = node.config;
  if (referee === 0) return true;
  if (contains(members, referee) && !contains(granted, referee)) return false;
  return !contains(granted, referee) || grantedTo === 0 || contains(granted, grantedTo);
}

/** Both have everything: the grant ends. */
export function endGrant(node: NodeState, context: Context): void {
  const { membership, config } = node;
  if (!isReferee(node) || membership.grantedTo === 0) return;
  const { number, members } = membership.current;
  const both = withData(node, firstNodes(config.nodes));
  if (number <= membership.grantedIn || (both & ~members) !== 0) return;
  for (let id = 1; id <= config.nodes; id++) {
    if (contains(both, id) && peerOf(node, id).lastOnlineIn !== number) return;
  }
  membership.grantedTo = 0;
  membership.grantedIn = 0;
  persistMembership(node, true, context);
}
