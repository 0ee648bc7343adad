/**
 * Time travel: the state of a world after any event, without keeping them all.
 *
 * A run keeps a clone of the world every so many events; any other state is re-executed from the clone before it. A
 * world is data apart from its random streams, whose states are kept with it (engine.md 6 has the costs).
 */
import type { DirectorState } from "../../scenarios/director.ts";
import type { Micros } from "../../scenarios/history.ts";
import { restoreStreams, type SavedStreams, saveStreams } from "./random.ts";
import { runUntil } from "./simulation.ts";
import { drawsOf, type SimWorld, type WorldState } from "./world.ts";

export interface Checkpoint {
  readonly events: number;
  readonly state: WorldState;
  readonly director: DirectorState;
  readonly streams: SavedStreams;
}

export interface Timeline {
  readonly world: SimWorld;
  readonly checkpoints: Checkpoint[];
  /** Inputs taken in the whole run. */
  readonly events: number;
}

export function takeCheckpoint(world: SimWorld): Checkpoint {
  return {
    events: world.state.events,
    state: structuredClone(world.state),
    director: structuredClone(world.director.state),
    streams: saveStreams(world.streams),
  };
}

/** Puts the world where it was; the checkpoint can be used again. */
export function restoreCheckpoint(world: SimWorld, checkpoint: Checkpoint): void {
  world.state = structuredClone(checkpoint.state);
  world.director.state = structuredClone(checkpoint.director);
  world.streams = restoreStreams(world.seed, checkpoint.streams);
  world.draws = drawsOf(world.streams, world.state.network);
}

/** Runs a new world up to and at `until`, with a checkpoint at its start and then one every `every` events. */
export function recordTimeline(world: SimWorld, until: Micros, every: number): Timeline {
  const checkpoints = [takeCheckpoint(world)];
  for (;;) {
    const before = world.state.events;
    runUntil(world, until, before + every);
    if (world.state.events < before + every) break;
    checkpoints.push(takeCheckpoint(world));
  }
  return { world, checkpoints, events: world.state.events };
}

/**
 * Puts the timeline's world just behind its nth event, counted from 1; n is not before the first checkpoint. What
 * happens between two events without any node's taking part (a flush that ends, a fault) belongs to the later one.
 */
export function seek(timeline: Timeline, events: number): void {
  const { world, checkpoints } = timeline;
  const nearest = checkpoints.findLast((checkpoint) => checkpoint.events <= events);
  if (nearest === undefined || events > timeline.events) {
    throw new RangeError(`there is no event ${events}, only ${checkpoints[0]?.events} to ${timeline.events}`);
  }
  restoreCheckpoint(world, nearest);
  runUntil(world, Number.POSITIVE_INFINITY, events);
}
