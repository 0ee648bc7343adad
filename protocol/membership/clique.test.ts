import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contains, firstNodes, type NodeSet, setOf, size, toList } from "../members.ts";
import { isClique, isLinked, type Links, largestClique } from "./clique.ts";

function linksWithout(nodes: number, ...missing: (readonly [number, number])[]): Links {
  const rows = [0, ...Array.from({ length: nodes }, () => firstNodes(nodes))];
  for (const [one, other] of missing) {
    rows[one] = (rows[one] as NodeSet) & ~setOf(other);
    rows[other] = (rows[other] as NodeSet) & ~setOf(one);
  }
  return rows;
}

function cliqueWithout(nodes: number, ...missing: (readonly [number, number])[]): number[] {
  return toList(largestClique(linksWithout(nodes, ...missing), firstNodes(nodes)));
}

/** Every set, in ascending order: the first of the greatest size. */
function bruteForce(links: Links, nodes: number): NodeSet {
  let best = 0;
  for (let set = 0; set <= firstNodes(nodes); set++) {
    const members = toList(set);
    const all = members.every((one) => members.every((other) => isLinked(links, one, other)));
    if (all && size(set) > size(best)) best = set;
  }
  return best;
}

describe("the largest clique", () => {
  test("of three nodes without an edge keeps the smaller mask", () => {
    expect(cliqueWithout(3, [1, 2])).toEqual([1, 3]);
    expect(cliqueWithout(3, [1, 3])).toEqual([1, 2]);
    expect(cliqueWithout(3, [2, 3])).toEqual([1, 2]);
  });

  test("of four and five nodes without an edge, of a diamond and of rings", () => {
    expect(cliqueWithout(4, [1, 2])).toEqual([1, 3, 4]);
    expect(cliqueWithout(4, [1, 3])).toEqual([1, 2, 4]);
    expect(cliqueWithout(4, [3, 4])).toEqual([1, 2, 3]);
    expect(cliqueWithout(5, [4, 5])).toEqual([1, 2, 3, 4]);
    expect(cliqueWithout(4, [1, 3], [2, 4])).toEqual([1, 2]);
    expect(cliqueWithout(5, [1, 3], [1, 4], [2, 4], [2, 5], [3, 5])).toEqual([1, 2]);
  });

  test("is the smallest mask where the original's is not (mmts 3.3: it chooses 14)", () => {
    expect(largestClique([0, 13, 30, 15, 15, 18], firstNodes(5))).toBe(13);
  });

  test("is what trying every set gives, for any links of up to seven nodes, also where only one side sees the other", () => {
    const anyLinks = fc
      .integer({ min: 1, max: 7 })
      .chain((nodes) =>
        fc.tuple(
          fc.constant(nodes),
          fc.array(fc.integer({ min: 0, max: 127 }), { minLength: nodes, maxLength: nodes }),
        ),
      );
    fc.assert(
      fc.property(anyLinks, ([nodes, rows]) => {
        const links = [0, ...rows];
        const clique = largestClique(links, firstNodes(nodes));
        expect(clique).toBe(bruteForce(links, nodes));
        expect(isClique(links, clique)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test("of sixteen nodes in eight strangers' pairs, the worst case, is found", () => {
    const pairs = Array.from({ length: 8 }, (_, index) => [2 * index + 1, 2 * index + 2] as const);
    const clique = largestClique(linksWithout(16, ...pairs), firstNodes(16));
    expect(toList(clique)).toEqual([1, 3, 5, 7, 9, 11, 13, 15]);
    expect(contains(clique, 2)).toBe(false);
  });
});
