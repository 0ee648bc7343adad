import fc from "fast-check";
import { expect, test } from "vitest";
import { coordinatorOf, makeGid, sequenceOf, showGid } from "./gid.ts";

test("a gid names its coordinator and sequence number, and ascends with the latter", () => {
  const sequence = fc.integer({ min: 1, max: 2 ** 47 });
  const node = fc.integer({ min: 1, max: 16 });
  fc.assert(
    fc.property(node, sequence, sequence, (coordinator, one, other) => {
      const gid = makeGid(coordinator, one);
      expect(Number.isSafeInteger(gid)).toBe(true);
      expect([coordinatorOf(gid), sequenceOf(gid)]).toEqual([coordinator, one]);
      expect(gid < makeGid(coordinator, other)).toBe(one < other);
      expect(showGid(gid)).toBe(`${coordinator}:${one}`);
    }),
  );
});
