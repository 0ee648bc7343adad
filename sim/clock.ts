/**
 * A node's clock: an oscillator that runs at its own rate, and a wall clock on top that can be set.
 *
 * Nothing in a node reads virtual time; it sees only this. All arithmetic is in whole microseconds.
 */
import type { Micros } from "../scenarios/history.ts";

export interface Clock {
  /** Virtual time at which the clock was last set or its rate changed. */
  anchor: Micros;
  /** What it showed then. */
  shown: number;
  /** Millionths that it runs too fast. */
  ppm: number;
}

/** Wall clocks show this at virtual time 0, so that no reading is ever negative or zero. */
export const EPOCH: number = 1_000_000_000;
const MILLION = 1_000_000;

export function createClock(offsetUs: number, ppm: number): Clock {
  return { anchor: 0, shown: EPOCH + offsetUs, ppm };
}

export function readClock(clock: Clock, now: Micros): number {
  const elapsed = now - clock.anchor;
  if (clock.ppm === 0) return clock.shown + elapsed;
  return clock.shown + elapsed + Math.floor((elapsed * clock.ppm) / MILLION);
}

export function stepClock(clock: Clock, now: Micros, byUs: number): void {
  clock.shown = readClock(clock, now) + byUs;
  clock.anchor = now;
}

export function setClockRate(clock: Clock, now: Micros, ppm: number): void {
  clock.shown = readClock(clock, now);
  clock.anchor = now;
  clock.ppm = ppm;
}

/** How long a timer of this length really takes: timers follow the oscillator, not the wall clock. */
export function realSpan(clock: Clock, us: Micros): Micros {
  if (clock.ppm === 0) return us;
  return Math.ceil((us * MILLION) / (MILLION + clock.ppm));
}
