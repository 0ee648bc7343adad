/**
 * The step after which a run could no longer end well: the first after which it fails whatever chance does next.
 *
 * Found by branching: the run is repeated up to an event and goes on from there with other seeds, so with other
 * latencies, losses and choices of the clients; the faults of the scenario stay. If every branch fails by the same check,
 * that event came too late. Bisected, on the ground that what is lost after one event is lost after a later one.
 */
import { CHECKS } from "../../scenarios/checks/checks.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { createStreams } from "../../sim/engine/random.ts";
import { recordTrace, type TraceEvent } from "../../sim/engine/trace.ts";
import { drawsOf, type SimWorld } from "../../sim/engine/world.ts";
import { runScenario } from "../../sim/run.ts";
import { causeOf } from "../cause.ts";

export interface TurningPoint {
  /** Counted from 1; 0: the run was lost from the start, so the scenario itself is the cause. */
  readonly event: number;
  /** That event; null if it is 0. */
  readonly step: TraceEvent | null;
  readonly branches: number;
}

/** `events`: of the run. `check`: by which it fails. */
export function findTurningPoint(
  scenario: Scenario,
  seed: string,
  run: { events: number; check: string },
  branches: number,
): TurningPoint {
  const isLost = (event: number): boolean => isLostAfter(scenario, seed, run.check, event, branches);
  if (isLost(0)) return { event: 0, step: null, branches };
  let well = 0;
  let lost = run.events;
  while (lost - well > 1) {
    const middle = (well + lost) >> 1;
    if (isLost(middle)) lost = middle;
    else well = middle;
  }
  return { event: lost, step: stepAt(scenario, seed, lost), branches };
}

/** One branch that ends well is enough to know that it is not. */
function isLostAfter(
  scenario: Scenario,
  seed: string,
  check: string,
  event: number,
  branches: number,
): boolean {
  for (let branch = 1; branch <= branches; branch++) {
    const result = runScenario(scenario, seed, {
      mode: "in place",
      checks: CHECKS,
      attach: (world) => turnAfter(world, event, `${seed} branch ${branch}`),
    });
    if (causeOf(result)?.check !== check) return false;
  }
  return true;
}

/** From the event on everything is drawn from another seed. */
function turnAfter(world: SimWorld, event: number, seed: string): void {
  const turn = (): void => {
    world.streams = createStreams(seed);
    world.draws = drawsOf(world.streams, world.state.network);
    world.record = null;
  };
  if (event === 0) return turn();
  world.record = () => {
    if (world.state.events >= event) turn();
  };
}

function stepAt(scenario: Scenario, seed: string, event: number): TraceEvent | null {
  let count = 0;
  let step: TraceEvent | null = null;
  runScenario(scenario, seed, {
    mode: "in place",
    checks: [],
    attach: (world) =>
      recordTrace(world, (taken) => {
        count += 1;
        if (count === event) step = taken;
      }),
  });
  return step;
}
