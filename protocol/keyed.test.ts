import fc from "fast-check";
import { produce } from "immer";
import { expect, test } from "vitest";
import { createKeyed, deleteKeyed, getKeyed, putKeyed, valuesOf } from "./keyed.ts";
import "./reduce.ts";

const key = fc.oneof(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -(2 ** 50), max: 2 ** 50 }));
const command = fc.oneof(
  fc.record({ type: fc.constant("put" as const), key, value: fc.integer() }),
  fc.record({ type: fc.constant("delete" as const), key }),
);

test("a keyed set holds what a Map would, in place and under immer, and iterates the same way in both", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      const map = new Map<number, number>();
      const inPlace = createKeyed<number>();
      let drafted = createKeyed<number>();
      for (const next of commands) {
        if (next.type === "put") {
          map.set(next.key, next.value);
          putKeyed(inPlace, next.key, next.value);
          drafted = produce(drafted, (draft) => putKeyed(draft, next.key, next.value));
        } else {
          map.delete(next.key);
          deleteKeyed(inPlace, next.key);
          drafted = produce(drafted, (draft) => deleteKeyed(draft, next.key));
        }
        expect(getKeyed(inPlace, next.key)).toBe(map.get(next.key));
      }
      expect(inPlace.count).toBe(map.size);
      expect([...valuesOf(inPlace)].sort()).toEqual([...map.values()].sort());
      expect(valuesOf(drafted)).toEqual(valuesOf(inPlace));
    }),
  );
});
