/**
 * The loop: takes one event after another from the queue and hands it to the machine, client or fault that it is for.
 */

import { startDirector, wakeClient } from "../../scenarios/director.ts";
import type { Micros } from "../../scenarios/history.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import {
  calmNetwork,
  drawFault,
  scheduleFaults,
  startNode,
  takeBreak,
  takeFault,
  takeUncut,
  takeUndo,
  type Undo,
} from "../faults.ts";
import { freeTheRest, leaveMajorityAlone } from "../majority.ts";
import { KIND, targetIncarnation, targetNode } from "./kinds.ts";
import { arrive, connectMachines, resumeMachine, takeNodeEvent, takePostponed } from "./machine.ts";
import { pop } from "./queue.ts";
import { createWorld, machineOf, type Postponed, type SimWorld, type WorldOptions } from "./world.ts";

/**
 * A world at time 0: every node has been started, every client will begin. `attach` sees it before its first event, to
 * watch or record what it does.
 */
export function createSimulation(
  scenario: Scenario,
  seed: string,
  options: WorldOptions,
  attach: (world: SimWorld) => void = () => {},
): SimWorld {
  const world = createWorld(scenario, seed, options);
  attach(world);
  connectMachines(world);
  scheduleFaults(world);
  for (let node = 1; node <= scenario.nodes - scenario.spares; node++) startNode(world, node);
  startDirector(world.director);
  return world;
}

/** Runs all that happens up to and at `until`, or until `events` inputs have been taken; says whether anything is left. */
export function runUntil(world: SimWorld, until: Micros, events: number = Number.POSITIVE_INFINITY): boolean {
  const { state } = world;
  const { queue } = state;
  while (state.events < events) {
    if (!pop(queue, until)) return queue.size > 0;
    dispatch(world, queue.kind, queue.target, queue.payload);
  }
  return true;
}

function dispatch(world: SimWorld, kind: number, target: number, payload: unknown): void {
  if (kind <= KIND.change) return arrive(world, kind, target, payload);
  if (kind < KIND.wake) {
    const machine = machineOf(world, targetNode(target));
    if (kind === KIND.start) {
      world.state.scheduled -= 1;
      return startNode(world, target);
    }
    if (!machine.up) return;
    return takeNodeEvent(world, machine, kind, target, payload);
  }
  switch (kind) {
    case KIND.wake:
      return wakeClient(world.director, target);
    case KIND.fault:
      world.state.scheduled -= 1;
      return takeFault(world, target);
    case KIND.undo:
      world.state.scheduled -= 1;
      return takeUndo(world, payload as Undo);
    case KIND.breakLink:
      return takeBreak(world, target);
    case KIND.nemesis:
      world.state.scheduled -= 1;
      return drawFault(world);
    case KIND.leaveAlone:
      world.state.scheduled -= 1;
      return leaveMajorityAlone(world);
    case KIND.free:
      world.state.scheduled -= 1;
      return freeTheRest(world);
    case KIND.calm:
      return calmNetwork(world);
    case KIND.uncut:
      return takeUncut(world, target);
    case KIND.postponed:
      return takePostponed(world, machineOf(world, target), payload as Postponed);
    case KIND.resumed: {
      const machine = machineOf(world, targetNode(target));
      if (machine.paused && machine.incarnation === targetIncarnation(target)) resumeMachine(world, machine);
      return;
    }
    default:
      throw new Error(`no event is of kind ${kind}`);
  }
}
