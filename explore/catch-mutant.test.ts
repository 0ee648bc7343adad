import { describe, expect, test } from "vitest";
import { CHECKS } from "../scenarios/checks/checks.ts";
import { MUTANTS } from "../scenarios/mutants/mutants.ts";
import { MUTANT_NAMES } from "../scenarios/mutants/names.ts";
import { catchMutant, findingsOf } from "./catch-mutant.ts";

/** A mutant must be caught within so many seeds, and the real protocol hold on the seed that catches it. */
const SEEDS = 40;

describe("every mutant is caught by its check, on a seed on which the real protocol holds", () => {
  test.each(MUTANTS)("$name by $caughtBy", (mutant) => {
    const { seed, evidence } = catchMutant(mutant, SEEDS);
    expect(seed, `no seed up to ${SEEDS} shows "${mutant.caughtBy}" violated`).toBeGreaterThan(0);
    expect(evidence.length).toBeGreaterThan(10);
    const violated = [...findingsOf(mutant.shownBy, seed)].filter(
      ([, finding]) => finding.verdict === "violated",
    );
    expect(violated).toEqual([]);
  });
});

test("every check has a mutant that it catches", () => {
  const caught = new Set(MUTANTS.map(({ caughtBy }) => caughtBy));
  const without = CHECKS.map(({ name }) => name).filter((name) => !caught.has(name));
  expect(without).toEqual([]);
});

test("the list of names and the list of mutants agree", () => {
  expect(MUTANTS.map(({ name }) => name).sort()).toEqual([...MUTANT_NAMES]);
});
