/**
 * Which nodes are configured, and how that changes under load: one node at a time, by an election of its own.
 *
 * A candidacy may ask for one configured node more, or one less, than there are: then it needs the votes of a majority
 * of both sets. Two sets that differ by one node have no majorities apart (Ongaro, dissertation 2014, 4.1), so that what
 * is said of elections and of generations that work holds across the change as it does without. It would not hold across
 * two changes; so the next one is asked for only once a majority of the configured nodes is online in a generation of
 * theirs, and therefore takes no part any more in an election of the ones before (the cure that the original names for
 * its own changes, which it declares unsafe: mmts 5.4).
 *
 * A node is removed by whoever the operator asks; only a node itself asks to be added, once it has a copy of a donor's
 * database and has caught up. A number is never given again: a node that has forgotten what it promised must not come
 * back as the one that promised.
 *
 * A node is removed only if whoever asks for it has in its own WAL what any that stays may need.
 *
 * Under E3PC and Paxos Commit the configured nodes of a transaction's generation are its acceptors. So no change is asked
 * for while a transaction is in doubt whose acceptors are others than the nodes configured now.
 */
import type { Context } from "../context.ts";
import { valuesOf } from "../keyed.ts";
import { contains, type NodeId, type NodeSet, setOf, size, toList } from "../members.ts";
import { dropSlots, slotOf } from "../replication/slots.ts";
import type { NodeState } from "../state.ts";
import { type Generation, isMajority } from "./generation.ts";
import { persistMembership } from "./generations.ts";
import { isOnline, onlinePeers } from "./online.ts";

/** What an operator asks a node for. It stays asked for, whatever fails, until it is done. */
export type Order =
  /** To become a node of the cluster: one that never was. */
  | { readonly kind: "join" }
  /** To remove these nodes, one after the other; it may be one of them. */
  | { readonly kind: "remove"; readonly nodes: NodeSet };

export function takeOrder(node: NodeState, order: Order, context: Context): void {
  const { membership, config } = node;
  // A referee is for two nodes.
  if (config.membership === "fixed" || config.referee !== 0) return;
  if (order.kind === "join") {
    // It has been one, or is.
    if (contains(membership.current.configured, config.node) || membership.lastOnlineIn > 0) return;
    membership.joining = true;
  } else {
    membership.removing |= order.nodes & membership.current.configured;
  }
  persistMembership(node, true, context);
}

/**
 * Once a beat: what was asked for is done, and those that were removed need nothing any more, as soon as the next change
 * might be asked for. Before that, a generation with the nodes of before may still be elected.
 */
export function settleConfiguration(node: NodeState, context: Context): void {
  const { membership, config } = node;
  const { joining, removing, leaving, current } = membership;
  const isDone = joining && contains(current.configured, config.node);
  if (!isDone && leaving === 0 && (removing & ~current.configured) === 0) return;
  if (!isFinal(node)) return;
  if (isDone) membership.joining = false;
  membership.removing &= current.configured;
  membership.leaving = 0;
  // Logged first: a slot that nobody knows of would keep WAL for ever.
  dropSlots(node, leaving, context);
  persistMembership(node, true, context);
}

/** Whether it is one of the cluster's nodes, or is to become one. */
export function belongs({ membership, config }: NodeState): boolean {
  return membership.joining || contains(membership.current.configured, config.node);
}

/** The nodes that this node would have configured in the next generation. */
export function nextConfigured(node: NodeState): NodeSet {
  const { membership, config } = node;
  const { configured } = membership.current;
  const { joining, removing } = membership;
  if ((!joining && removing === 0) || !mayChange(node)) return configured;
  if (joining) return configured | setOf(config.node);
  // Itself last, because it is the one that was asked; and the last node stays.
  const others = removing & ~setOf(config.node);
  const removed = others === 0 ? removing : others & -others;
  const left = configured & ~removed;
  return left === 0 || !isOnline(node) || !reachesBack(node, left & ~removing) ? configured : left;
}

/** Whether this node's WAL has what each other may lack, or may come to lack: the node that is to go might have it alone. */
function reachesBack(node: NodeState, staying: NodeSet): boolean {
  const others = toList(staying & ~setOf(node.config.node));
  return others.every((id) => slotOf(node, id) === "reaches back");
}

/** A voter's rule: whether `from` may ask for these nodes where the voter knows those. */
export function mayConfigure(asked: Generation, base: NodeSet, known: NodeSet, from: NodeId): boolean {
  if (base !== known) return false;
  const added = asked.configured & ~known;
  const removed = known & ~asked.configured;
  if ((asked.members & ~asked.configured) !== 0 || size(added | removed) > 1) return false;
  return added === 0 || added === setOf(from);
}

/** See the header. */
function mayChange(node: NodeState): boolean {
  return isFinal(node) && !hasOtherAcceptors(node);
}

/** Whether a majority of the configured nodes is online, and so takes no part any more in an election of other ones. */
function isFinal(node: NodeState): boolean {
  const { current } = node.membership;
  const online = onlinePeers(node) | (isOnline(node) ? setOf(node.config.node) : 0);
  return isMajority(online & current.members, current.configured);
}

function hasOtherAcceptors({ config, membership, transactions }: NodeState): boolean {
  if (config.commit === "2pc" || config.commit === "3pc") return false;
  return valuesOf(transactions).some(
    ({ outcome, local, configured }) =>
      outcome === "undecided" && local !== "absent" && configured !== membership.current.configured,
  );
}
