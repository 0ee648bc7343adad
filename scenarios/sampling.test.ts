import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { naturalLogarithm, sample } from "./sampling.ts";

describe("the logarithm of plain arithmetic", () => {
  test("agrees with the mathematical one to 14 digits on (0, 1]", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1, noNaN: true }), (x) => {
        const expected = Math.log(x);
        expect(Math.abs(naturalLogarithm(x) - expected)).toBeLessThanOrEqual(
          1e-14 * (1 + Math.abs(expected)),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test("is 0 at 1", () => {
    expect(naturalLogarithm(1)).toBe(0);
  });
});

describe("a draw", () => {
  const draws = (distribution: Parameters<typeof sample>[0]) =>
    Array.from({ length: 10_000 }, (_, index) => sample(distribution, () => (index + 0.5) / 10_000));

  test("of a uniform distribution is a whole number between its bounds, each of them reached", () => {
    const values = draws({ kind: "uniform", min: 5, max: 9 });
    expect(new Set(values)).toEqual(new Set([5, 6, 7, 8, 9]));
  });

  test("of an exponential one is at least its minimum, and on average the minimum plus the mean", () => {
    const values = draws({ kind: "exponential", min: 100, mean: 1_000 });
    expect(Math.min(...values)).toBe(100);
    const average = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(average).toBeGreaterThan(1_080);
    expect(average).toBeLessThan(1_110);
    expect(values.every(Number.isSafeInteger)).toBe(true);
  });
});
