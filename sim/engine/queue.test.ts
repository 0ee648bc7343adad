import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createQueue, pop, push } from "./queue.ts";

const END = Number.MAX_SAFE_INTEGER;

/** The reference: a list sorted by (time, order of pushing). */
interface Pending {
  time: number;
  sequence: number;
}

const delay = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 0, max: 1_000 }),
  fc.integer({ min: 0, max: (1 << 17) + 50 }),
  fc.integer({ min: 131_060, max: 131_080 }),
  fc.integer({ min: 0, max: 20_000_000 }),
);
const command = fc.oneof(
  { weight: 3, arbitrary: delay.map((us) => ({ type: "push", us }) as const) },
  { weight: 2, arbitrary: fc.constant({ type: "pop" } as const) },
);

describe("the event queue", () => {
  test("gives events in order of time, and of pushing within a time, whatever is pushed between", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 400 }), (commands) => {
        const queue = createQueue();
        const reference: Pending[] = [];
        let now = 0;
        let sequence = 0;
        const takeBoth = () => {
          const expected = reference.shift();
          if (expected === undefined) return expect(pop(queue, END)).toBe(false);
          expect(pop(queue, expected.time - 1)).toBe(false);
          expect(pop(queue, expected.time)).toBe(true);
          expect([queue.time, queue.payload]).toEqual([expected.time, expected.sequence]);
          expect([queue.kind, queue.target]).toEqual([expected.sequence & 255, expected.sequence * 3]);
          now = expected.time;
        };
        for (const next of commands) {
          if (next.type === "pop") takeBoth();
          else {
            push(queue, now + next.us, sequence & 255, sequence * 3, sequence);
            const place = reference.findIndex(({ time }) => time > now + next.us);
            reference.splice(place < 0 ? reference.length : place, 0, { time: now + next.us, sequence });
            sequence += 1;
          }
        }
        while (reference.length > 0) takeBoth();
        expect(queue.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test("a clone goes on exactly as the original", () => {
    const queue = createQueue();
    for (let index = 0; index < 5_000; index++) push(queue, (index * 7_919) % 400_000, 1, index, index);
    for (let index = 0; index < 1_000; index++) pop(queue, END);
    const clone = structuredClone(queue);
    while (pop(queue, END)) {
      expect(pop(clone, END)).toBe(true);
      expect([clone.time, clone.payload]).toEqual([queue.time, queue.payload]);
    }
    expect(pop(clone, END)).toBe(false);
  });

  test("an event before now is refused", () => {
    const queue = createQueue();
    push(queue, 10, 0, 0, null);
    pop(queue, END);
    expect(() => push(queue, 9, 0, 0, null)).toThrow(RangeError);
  });
});
