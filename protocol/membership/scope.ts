/** Who takes part in the transactions of a generation: its members, but the referee, and the nodes that decide. */
import { contains, type NodeSet, setOf } from "../members.ts";
import type { NodeState } from "../state.ts";
import type { Generation } from "./generation.ts";

export interface Scope {
  readonly generation: number;
  readonly members: NodeSet;
  readonly configured: NodeSet;
}

/** What a transaction that begins to commit now belongs to. */
export function currentScope(node: NodeState): Scope {
  const { current } = node.membership;
  const members = withData(node, current.members);
  const configured = isGranted(node, current) ? members : current.configured;
  return { generation: current.number, members, configured };
}

export function isReferee({ config }: NodeState): boolean {
  return config.node === config.referee;
}

/** Those of the set that hold data. */
export function withData({ config }: NodeState, set: NodeSet): NodeSet {
  return config.referee === 0 ? set : set & ~setOf(config.referee);
}

/** Whether it does work only because the referee has granted it: see referee.ts. */
export function isGranted({ config }: NodeState, { members }: Generation): boolean {
  return config.referee !== 0 && contains(members, config.referee);
}
