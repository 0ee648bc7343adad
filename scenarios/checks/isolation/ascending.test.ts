import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ascending, chosenAscending, sortByKey } from "./ascending.ts";

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

  it("sorts chosen indexes, and a stretch of them in place, many or few", () => {
    const keys = fc.uniqueArray(fc.nat(), { maxLength: 100 }).map((values) => Float64Array.from(values));
    fc.assert(
      fc.property(keys, fc.nat(100), (values, from) => {
        const inOrder = (indexes: Int32Array) =>
          [...indexes].sort((one, other) => values[one]! - values[other]!);
        const backwards = Int32Array.from(values, (_, index) => values.length - 1 - index);
        expect([...chosenAscending(values, backwards)]).toEqual(inOrder(backwards));
        const start = Math.min(from, values.length);
        const expected = [...backwards.slice(0, start), ...inOrder(backwards.slice(start))];
        sortByKey(backwards, start, values.length, values);
        expect([...backwards]).toEqual(expected);
      }),
    );
  });
});
