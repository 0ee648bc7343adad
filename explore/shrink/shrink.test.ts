import { describe, expect, test } from "vitest";
import { CATALOGUE } from "../../scenarios/catalogue/catalogue.ts";
import { parseScenario } from "../../scenarios/scenario.ts";
import { drawScenario } from "../sweep/swarm.ts";
import { minimalInput, printInput } from "./minimal-input.ts";
import { type Shrunk, shrink } from "./shrink.ts";

const OPTIONS = { mostRuns: 2_000, progress: () => {} };

/** A page that a person reads in a minute. */
const READABLE = 25;

/** Null if the run does not fail. */
function shrinkSwarm(input: object, seed: string): Shrunk | null {
  const scenario = drawScenario(parseScenario({ name: "to shrink", duration: "1s", ...input }), seed);
  return shrink(scenario, seed, OPTIONS);
}

/** Of the first seed from `first` on that fails. */
function firstFailure(input: object, first: number): Shrunk {
  for (let seed = first; seed < first + 40; seed++) {
    const shrunk = shrinkSwarm(input, String(seed));
    if (shrunk !== null) return shrunk;
  }
  throw new Error("no seed fails");
}

describe("a failing run of a mutant shrinks to a scenario that can be read, and fails in the same way:", () => {
  test.each([
    ["acks-before-flush", {}, "23", "durable before told"],
    ["acceptor-amnesia", {}, "1", null],
    ["loses-a-row", {}, "2", null],
    ["commits-with-own-stamp", {}, "3", null],
    ["aborts-after-voting", { commit: "2pc" }, "1", null],
  ])("%s", (mutant, more, firstSeed, check) => {
    const shrunk = firstFailure({ mutant, ...more }, Number(firstSeed));
    if (check !== null) expect(shrunk.cause.check).toBe(check);
    expect(shrunk.smallest).toBe(true);
    expect(shrunk.after.lines).toBeLessThanOrEqual(READABLE);
    expect(shrunk.after.events).toBeLessThanOrEqual(shrunk.before.events);
    const again = shrink(shrunk.scenario, shrunk.seed, OPTIONS);
    expect(again?.hash).toBe(shrunk.hash);
    expect(again?.cause).toEqual(shrunk.cause);
  });
});

test("3PC's failure in a random cluster shrinks too", () => {
  const shrunk = firstFailure({ commit: "3pc", membership: "fixed" }, 24);
  expect(shrunk.cause.check).toBe("one outcome");
  expect(shrunk.after.lines).toBeLessThanOrEqual(READABLE);
});

test("a run in which nothing fails has nothing to shrink", () => {
  expect(shrink(parseScenario({ name: "sound", duration: "100ms" }), "1", OPTIONS)).toBe(null);
});

test("a scenario as a person would write it parses to the same scenario", () => {
  const scenarios = CATALOGUE.flatMap((input) => {
    const scenario = parseScenario(input);
    return [scenario, ...["1", "2", "3", "4", "5"].map((seed) => drawScenario(scenario, seed))];
  });
  for (const scenario of scenarios) {
    expect(parseScenario(JSON.parse(printInput(minimalInput(scenario))))).toEqual(scenario);
  }
});
