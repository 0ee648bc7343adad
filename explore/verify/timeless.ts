/**
 * Time, left out: any time may pass between two inputs, so of a state everything is dropped that tells how much has
 * passed. Clock readings never change (stamps still rise, because they must); beats are counted up to one; a peer that
 * is not suspected has been silent for one beat less than it takes.
 */
import type { NodeConfig } from "../../protocol/config.ts";
import { valuesOf } from "../../protocol/keyed.ts";
import type { Step } from "../../protocol/node.ts";
import type { NodeState } from "../../protocol/state.ts";

/** Beats without a sign of life after which a peer is suspected. */
export const SUSPECT_BEATS = 2;

/** What a node's clock always shows: each another, so that it matters whose stamp becomes the CSN. */
export function readingOf(node: number): number {
  return 1_000 + node;
}

/** Every timeout is over at the next beat, and a beat may come at any time. */
export const TIMELESS = {
  membership: "fixed",
  syncpointBeats: 1,
  maxKeptBytes: 0,
  heartbeatUs: 1,
  suspectBeats: SUSPECT_BEATS,
  voteBeats: 0,
  deadlockUs: 1,
  maxDriftUs: 1_000_000_000,
  skew: "wait",
  clockReserveUs: 1_000,
  snapshotAgeUs: 0,
  waitPeerCommits: false,
  monotonicSequences: false,
} as const satisfies Partial<NodeConfig>;

/** The step, after which the state tells nothing of time. */
export function withoutTime(step: Step): Step {
  return (state, input, emit) => {
    step(state, input, emit);
    dropTime(state);
  };
}

function dropTime(state: NodeState): void {
  for (const tx of valuesOf(state.transactions)) {
    tx.since = 1 - Math.min(1, state.beats - tx.since);
  }
  state.beats = 1;
  state.clock.reference = state.reading;
  state.deadlockTimerSet = true;
  for (const peer of state.peers) {
    peer.silentBeats = peer.suspected ? SUSPECT_BEATS : SUSPECT_BEATS - 1;
    peer.clock = 0;
    peer.clockBeats = 0;
    // A stream begins again where it likes.
    peer.stream.received = 0;
    peer.stream.confirmed = 0;
    peer.stream.unsettled.length = 0;
  }
}
