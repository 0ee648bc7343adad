import fc from "fast-check";
import { expect, test } from "vitest";
import { createArena } from "./arena.ts";
import { createWriters, csnOf, gidOf, isCommitted, numberOf } from "./writers.ts";

const gids = fc.uniqueArray(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { maxLength: 300 });

test("each gid keeps its number, however many come", () => {
  fc.assert(
    fc.property(gids, gids, (committed, others) => {
      const writers = createWriters(
        createArena(0),
        new Map(committed.map((gid, index) => [gid, 10 * index])),
      );
      const all = [...new Set([...committed, ...others])];
      const numbers = all.map((gid) => numberOf(writers, gid));
      expect(numbers).toEqual(all.map((_, index) => index));
      expect(all.map((gid) => numberOf(writers, gid))).toEqual(numbers);
      expect(numbers.map((number) => gidOf(writers, number))).toEqual(all);
    }),
  );
});

test("the committed come first, with their CSNs", () => {
  const writers = createWriters(
    createArena(0),
    new Map([
      [129, 7],
      [257, 9],
    ]),
  );
  const stranger = numberOf(writers, 130);
  expect([129, 257, 130].map((gid) => csnOf(writers, numberOf(writers, gid)))).toEqual([7, 9, 0]);
  expect(isCommitted(writers, numberOf(writers, 257))).toBe(true);
  expect(isCommitted(writers, stranger)).toBe(false);
});
