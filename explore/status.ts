/** What every node of a run was at a moment, in the words of an administrator, and why. */
import type { NodeId } from "../protocol/members.ts";
import { type NodeCondition, type NodeStatus, statusOf } from "../protocol/membership/status.ts";
import type { Micros } from "../scenarios/history.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { createSimulation, runUntil } from "../sim/engine/simulation.ts";
import type { Machine, SimWorld } from "../sim/engine/world.ts";

export type NodeLine =
  /** It says nothing of itself. */
  | { readonly node: NodeId; readonly state: "down" | "starting"; readonly why: string }
  /** Frozen: as it was when it was stopped. */
  | ({ readonly node: NodeId; readonly state: NodeCondition | "frozen" } & Omit<NodeStatus, "state">);

/** Runs the scenario up to that moment. Throws ProtocolViolation if a rule is broken before. */
export function statusAt(scenario: Scenario, seed: string, at: Micros): NodeLine[] {
  const world = createSimulation(scenario, seed, { mode: "in place", keepHistory: false });
  runUntil(world, at);
  return statusOfWorld(world);
}

function statusOfWorld({ state }: SimWorld): NodeLine[] {
  return state.machines.slice(1).map((machine) => lineOf(machine, state.machines));
}

function lineOf({ node, up, paused, state }: Machine, machines: readonly Machine[]): NodeLine {
  if (!up) return { node, state: "down", why: "its machine is down" };
  if (!state.running) return { node, state: "starting", why: "it has just been started" };
  const status = statusOf(state, machines[state.recovery.donor]?.server.wal.flushed);
  if (!paused) return { node, ...status };
  const before = status.why === null ? "" : `; before, ${status.why}`;
  return { node, ...status, state: "frozen", why: `its machine stands still${before}` };
}
