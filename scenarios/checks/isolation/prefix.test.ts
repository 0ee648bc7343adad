import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { handMade, type Line } from "./hand-made.ts";
import { checkPrefix } from "./prefix.ts";

const COMMITS: Line[] = [10, 20, 30, 40, 40, 50].map((csn, id) => ({
  csn,
  steps: [{ write: `x${id}`, over: "initial" }],
}));

function reader(label: number, count: number, node = 2): Line {
  return { node, label, count, steps: [{ read: "y", from: "initial" }] };
}

function check(...readers: Line[]) {
  return checkPrefix(handMade([...COMMITS, ...readers]));
}

describe("PREFIX", () => {
  it("holds for every snapshot that is a prefix, also one that ends among commits with one CSN", () => {
    const prefixes: [number, number][] = [
      [0, 0],
      [10, 1],
      [20, 2],
      [30, 3],
      [40, 4],
      [40, 5],
      [50, 6],
    ];
    expect(check(...prefixes.map(([label, count]) => reader(label, count))).verdict).toBe("holds");
  });

  it("names the node, the transaction and the CSN that is missing", () => {
    const { verdict, violation } = check(reader(20, 2), reader(40, 3));
    expect(verdict).toBe("violated");
    expect(violation).toEqual({
      sentence: "T7 (read-only, node 2) has a snapshot of 3 commits up to CSN 40: it lacks CSN 30.",
      node: 2,
      transaction: 7,
      csn: 40,
      missingCount: 1,
      missing: [30],
    });
  });

  it("names all that may be missing where it cannot tell, not what other nodes show", () => {
    const { violation } = check(reader(20, 2, 1), reader(40, 2, 2));
    expect(violation?.missingCount).toBe(2);
    expect(violation?.missing).toEqual([10, 20, 30]);
    expect(violation?.sentence).toContain("it lacks 2 of CSN 10, 20, 30");
  });

  it("learns from snapshots that were taken later, too", () => {
    const later = reader(20, 2);
    expect(check(reader(40, 3), later).violation?.missing).toEqual([30]);
  });

  it("learns nothing from snapshots that hold more", () => {
    expect(check(reader(40, 3), reader(50, 6)).violation?.missing).toEqual([10, 20, 30]);
  });

  it("tells of commits beyond those that there are", () => {
    expect(check(reader(20, 3)).violation?.sentence).toContain("only 2 transactions were committed up to it");
    expect(check(reader(25, 2)).violation?.sentence).toContain("no transaction was committed with this CSN");
    expect(check(reader(25, 3)).verdict).toBe("violated");
    expect(check(reader(20, 0)).violation?.missing).toEqual([10, 20]);
  });

  it("is not exercised without snapshots or without commits", () => {
    expect(checkPrefix(handMade([])).verdict).toBe("not exercised");
    expect(checkPrefix(handMade([reader(0, 0)])).verdict).toBe("not exercised");
  });

  it("holds exactly for prefixes of any commits", () => {
    const csns = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(csns, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), (given, shown) => {
        const sorted = [...given].sort((one, other) => one - other);
        const held = sorted.filter((_, index) => shown[index]);
        const label = Math.max(0, ...held);
        const lines: Line[] = sorted.map((csn, id) => ({
          csn,
          steps: [{ write: `x${id}`, over: "initial" }],
        }));
        const { verdict } = checkPrefix(handMade([...lines, reader(label, held.length)]));
        // Two commits with one CSN look alike in a label.
        const expected = held.join() === sorted.slice(0, held.length).join();
        if (expected) expect(verdict).toBe("holds");
        else if (new Set(sorted).size === sorted.length) expect(verdict).toBe("violated");
      }),
    );
  });
});
