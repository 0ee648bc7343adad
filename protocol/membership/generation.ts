/**
 * A generation: a numbered set of members that must all prepare a transaction (mmts 4.1).
 *
 * `configured` are the nodes of the cluster when it was elected. Only a generation whose members are a majority of them
 * does work; a smaller one merely records who has recovered so far.
 */
import { contains, majority, type NodeId, type NodeSet, setOf, size } from "../members.ts";

export interface Generation {
  /** Rises with every election; a number is never given twice. */
  readonly number: number;
  readonly members: NodeSet;
  readonly configured: NodeSet;
}

/** The one in which a new cluster begins: every node is a member, and online, but the referee if there is one. */
export function firstGeneration(configured: NodeSet, referee: NodeId = 0): Generation {
  return { number: 1, members: referee === 0 ? configured : configured & ~setOf(referee), configured };
}

export function isMember({ members }: Generation, node: NodeId): boolean {
  return contains(members, node);
}

export function isMajority(set: NodeSet, configured: NodeSet): boolean {
  return size(set & configured) >= majority(configured);
}

export function doesWork({ members, configured }: Generation): boolean {
  return isMajority(members, configured);
}

export function isSameProposal(one: Generation, other: Generation): boolean {
  return one.members === other.members && one.configured === other.configured;
}
