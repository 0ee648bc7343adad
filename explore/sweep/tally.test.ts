import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shapeOf } from "../cause.ts";
import type { SeedResult } from "./sweep-seed.ts";
import {
  addToTally,
  createTally,
  failuresOf,
  seedsDone,
  shareBelow,
  type Tally,
  tallySchema,
} from "./tally.ts";

const result = fc
  .record({
    events: fc.integer({ min: 1, max: 1_000_000 }),
    verdict: fc.constantFrom("holds" as const, "violated" as const, "not exercised" as const),
    latency: fc.option(fc.integer({ min: 1, max: 10_000_000 })),
    cause: fc.constantFrom(null, "a", "b"),
  })
  .map(
    ({ events, verdict, latency, cause }): Omit<SeedResult, "seed"> => ({
      hash: "0",
      events,
      virtualUs: events,
      verdicts: { sound: verdict },
      isolation: "GSI",
      reached: ["send vote"],
      medianLatencyUs: latency,
      longestInDoubtUs: latency ?? 0,
      blocked: false,
      failure: cause === null ? null : { cause, evidence: `${cause} ${events}` },
      differs: null,
    }),
  );

function tallyOf(results: readonly SeedResult[]): Tally {
  const tally = createTally();
  for (const one of results) addToTally(tally, one);
  return tally;
}

/** Causes come up in the order of their first seeds; all else is the same. */
function sorted(tally: Tally): unknown {
  return { ...tally, causes: Object.entries(tally.causes).sort(([one], [other]) => (one < other ? -1 : 1)) };
}

const results = fc
  .array(result, { minLength: 1, maxLength: 40 })
  .map((all) => all.map((one, index): SeedResult => ({ ...one, seed: String(index + 1) })));

describe("a tally", () => {
  test("does not depend on the order of the seeds, and counts none twice", () => {
    fc.assert(
      fc.property(
        results.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([all, shuffled]) => {
          const straight = tallyOf(all);
          expect(sorted(tallyOf([...shuffled, ...all]))).toEqual(sorted(straight));
          expect(seedsDone(straight)).toBe(all.length);
          expect(straight.done).toEqual([[1, all.length]]);
        },
      ),
    );
  });

  test("survives a file", () => {
    fc.assert(
      fc.property(results, (all) => {
        const tally = tallyOf(all);
        expect(tallySchema.parse(JSON.parse(JSON.stringify(tally)))).toEqual(tally);
      }),
    );
  });

  test("keeps the quickest failures of each cause, and tells the quickest cause first", () => {
    fc.assert(
      fc.property(results, (all) => {
        const failed = all.filter(({ failure }) => failure !== null);
        const told = failuresOf(tallyOf(all));
        expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(failed.length);
        const first = told.map(({ quickest }) => quickest[0]?.events ?? 0);
        expect(first).toEqual([...first].sort((one, other) => one - other));
        for (const { cause, quickest } of told) {
          const events = failed
            .filter(({ failure }) => failure?.cause === cause)
            .map(({ events: count }) => count);
          expect(quickest.map((one) => one.events)).toEqual(
            events.sort((one, other) => one - other).slice(0, 10),
          );
        }
      }),
    );
  });
});

test("failures of the same rule and shape have one cause, whatever their numbers", () => {
  expect(shapeOf("one outcome was violated: 2:17 is committed on node 1, 2 and rolled back on node 3")).toBe(
    shapeOf("one outcome was violated: 1:15266 is committed on node 3 and rolled back on node 1, 2, 4"),
  );
  expect(shapeOf("one outcome was violated: 2:1")).not.toBe(shapeOf("equal data was violated: 2:1"));
});

test("a share of a histogram is the upper end of the bucket in which it lies", () => {
  expect(shareBelow({ "1": 1, "8": 1, "1024": 2 }, 0.5)).toBe(8);
  expect(shareBelow({ "1": 1, "8": 1, "1024": 2 }, 1)).toBe(1024);
  expect(shareBelow({}, 0.5)).toBe(null);
});
