/** When a node stops being what it was (online, isolated, in recovery ...), and why: lines of a story. */
import type { NodeId } from "../../protocol/members.ts";
import { type NodeCondition, statusOf } from "../../protocol/membership/status.ts";
import type { Fact } from "../../scenarios/facts.ts";
import type { SimWorld } from "../../sim/engine/world.ts";

/** By node: what it was told to be. One that has never been online since the start of the run is not told of. */
export type ToldStates = Map<NodeId, NodeCondition>;

/** The sentence, if the node that the fact is about has become something else. */
export function turnOf(told: ToldStates, fact: Fact, { state }: SimWorld): string | null {
  const machine = "node" in fact ? state.machines[fact.node] : undefined;
  if (machine === undefined || !machine.up || !machine.state.running) return null;
  const { state: now, why } = statusOf(machine.state);
  const before = told.get(machine.node);
  if (before === now || (before === undefined && now !== "online")) return null;
  told.set(machine.node, now);
  if (before === undefined) return null;
  return `is now in state ${now}${why === null ? "" : `: ${why}`}`;
}
