import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_NODES } from "./members.ts";
import { alignStatement, isAligned, nextAligned, STRIDE } from "./sequences.ts";

const nodes = fc.integer({ min: 1, max: MAX_NODES });
const values = fc.integer({ min: -1_000, max: 1_000_000 });

describe("a node's values of a sequence", () => {
  test("are those of its residue class, the last node's too (mmts 9.5 F9)", () => {
    for (let node = 1; node <= MAX_NODES; node++) {
      expect(isAligned(node, node)).toBe(true);
      expect(isAligned(nextAligned(0, node), node)).toBe(true);
    }
    expect(nextAligned(0, MAX_NODES)).toBe(MAX_NODES);
  });

  test("are no other node's, whatever nodes there are", () => {
    fc.assert(
      fc.property(nodes, nodes, values, values, (one, other, from, to) => {
        fc.pre(one !== other);
        expect(nextAligned(from, one)).not.toBe(nextAligned(to, other));
      }),
    );
  });

  test("follow the asked value by at most one stride", () => {
    fc.assert(
      fc.property(nodes, values, (node, value) => {
        const next = nextAligned(value, node);
        expect(isAligned(next, node)).toBe(true);
        expect(next - value).toBeGreaterThan(0);
        expect(next - value).toBeLessThanOrEqual(STRIDE);
      }),
    );
  });

  test("stay in the class after setval, and never fall behind what it asks", () => {
    fc.assert(
      fc.property(nodes, values, fc.boolean(), (node, value, called) => {
        const asked = { type: "setval", sequence: "s", value, called } as const;
        const sent = alignStatement(asked, node, false);
        if (sent.type !== "setval" || sent.called) throw new Error("not a move to the next value");
        expect(isAligned(sent.value, node)).toBe(true);
        expect(sent.value).toBeGreaterThanOrEqual(called ? value + 1 : value);
      }),
    );
  });
});

test("values are announced only where sequences are monotonic", () => {
  const draw = { type: "nextval", sequence: "s" } as const;
  expect(alignStatement(draw, 1, false)).toEqual(draw);
  expect(alignStatement(draw, 1, true)).toEqual({ ...draw, announced: true });
});
