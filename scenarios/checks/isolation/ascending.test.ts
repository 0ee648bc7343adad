import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascending } from "./ascending.ts";

function check(keys: readonly number[]): void {
  const expected = keys
    .map((_, index) => index)
    .sort((one, other) => keys[one]! - keys[other]! || one - other);
  expect(Array.from(ascending(Float64Array.from(keys)))).toEqual(expected);
}

describe("ascending", () => {
  it("sorts whole numbers, equal ones in order of index", () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: -50, max: 50 })), check));
  });

  it("sorts numbers that are too large or too fine to be packed with their index", () => {
    const large = fc.integer({ min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
    const fine = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(fc.property(fc.array(fc.oneof(large, fine)), check));
  });

  it("sorts microseconds of today's clocks", () => {
    const csn = 1_790_000_000_000_000;
    check([csn + 3, csn, csn + 1, csn, csn + 2]);
  });
});
