import { expect, test } from "vitest";
import { bytesIn, createArena, floatsIn, intsIn, markOf, releaseTo } from "./arena.ts";

test("arrays are zeros, also where others were before, and lie apart", () => {
  const arena = createArena(0);
  const kept = intsIn(arena, 3).fill(7);
  const before = markOf(arena);
  for (let round = 0; round < 3; round++) {
    releaseTo(arena, before);
    const arrays = [
      bytesIn(arena, 5),
      floatsIn(arena, 9_000),
      intsIn(arena, 200_000 + round),
      bytesIn(arena, 1),
    ];
    for (const array of arrays) expect(array.every((value) => value === 0)).toBe(true);
    for (const array of arrays) array.fill(1);
    expect(arrays.map((array) => array.every((value) => value === 1))).toEqual([true, true, true, true]);
  }
  expect([...kept]).toEqual([7, 7, 7]);
});
