import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contains, firstNodes, lowest, MAX_NODES, majority, setOf, size, toList } from "./members.ts";

const nodes = fc.uniqueArray(fc.integer({ min: 1, max: MAX_NODES }));

describe("a set of nodes", () => {
  test("holds what was put in, and lists it in ascending order", () => {
    fc.assert(
      fc.property(nodes, (list) => {
        const set = list.reduce((sum, node) => sum | setOf(node), 0);
        const sorted = [...list].sort((one, other) => one - other);
        expect(toList(set)).toEqual(sorted);
        expect(size(set)).toBe(list.length);
        expect(lowest(set)).toBe(sorted[0] ?? 0);
        for (let node = 1; node <= MAX_NODES; node++) expect(contains(set, node)).toBe(list.includes(node));
      }),
    );
  });

  test("has majorities any two of which share a node, and no smaller number does", () => {
    for (let count = 1; count <= MAX_NODES; count++) {
      const needed = majority(firstNodes(count));
      expect(2 * needed).toBeGreaterThan(count);
      expect(2 * (needed - 1)).toBeLessThanOrEqual(count);
    }
  });
});
