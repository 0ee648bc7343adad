import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createClock, EPOCH, readClock, realSpan, setClockRate, stepClock } from "./clock.ts";

describe("a node's clock", () => {
  test("shows virtual time plus its offset, and drifts by its rate", () => {
    const clock = createClock(-500, 100);
    expect(readClock(clock, 0)).toBe(EPOCH - 500);
    expect(readClock(clock, 10_000_000)).toBe(EPOCH - 500 + 10_000_000 + 1_000);
  });

  test("a step moves it at once, a change of rate only from then on", () => {
    const clock = createClock(0, 0);
    stepClock(clock, 1_000, -300);
    expect(readClock(clock, 1_000)).toBe(EPOCH + 700);
    setClockRate(clock, 2_000, 500_000);
    expect(readClock(clock, 2_000)).toBe(EPOCH + 1_700);
    expect(readClock(clock, 4_000)).toBe(EPOCH + 1_700 + 3_000);
  });

  test("after a timer's real span the oscillator has counted at least its length", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -900_000, max: 9_000_000 }),
        fc.integer({ min: 0, max: 10_000_000 }),
        (ppm, us) => {
          const clock = createClock(0, ppm);
          const span = realSpan(clock, us);
          const counted = readClock(clock, span) - EPOCH;
          expect(counted).toBeGreaterThanOrEqual(us - 1);
        },
      ),
    );
  });
});
