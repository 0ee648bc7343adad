/** Draws from distributions with plain arithmetic only, so that every engine draws the same. */
import type { Distribution } from "./durations.ts";
import type { Micros } from "./history.ts";
import type { Random } from "./random.ts";

/** Whole microseconds. */
export function sample(distribution: Distribution, random: Random): Micros {
  switch (distribution.kind) {
    case "fixed":
      return distribution.us;
    case "uniform":
      return distribution.min + Math.floor(random() * (distribution.max - distribution.min + 1));
    case "exponential":
      return distribution.min + Math.floor(-distribution.mean * naturalLogarithm(1 - random()));
  }
}

const LN2 = Math.LN2;

/**
 * ln x for 0 < x <= 1. `Math.log` differs in its last bit between engines (engine.md 4), which would change a trace:
 * this halves the range exactly, then sums the series of 2 artanh((m - 1) / (m + 1)) in a fixed order.
 */
export function naturalLogarithm(x: number): number {
  let mantissa = x;
  let halvings = 0;
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    halvings += 1;
  }
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let power = ratio;
  let sum = 0;
  for (let term = 1; term <= 21; term += 2) {
    sum += power / term;
    power *= square;
  }
  return 2 * sum - halvings * LN2;
}
