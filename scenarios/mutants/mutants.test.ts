import { describe, expect, test } from "vitest";
import { runScenario } from "../../sim/run.ts";
import type { Finding } from "../checks/check.ts";
import { CHECKS } from "../checks/checks.ts";
import { parseScenario, type ScenarioInput } from "../scenario.ts";
import { MUTANTS } from "./mutants.ts";
import { MUTANT_NAMES } from "./names.ts";

/** A mutant must be caught within so many seeds, and the real protocol hold on the seed that catches it. */
const SEEDS = 40;

function findingsOf(input: ScenarioInput, seed: number): ReadonlyMap<string, Finding> {
  return runScenario(parseScenario(input), String(seed), { mode: "in place", checks: CHECKS }).findings;
}

describe("every mutant is caught by its check, on a seed on which the real protocol holds", () => {
  test.each(MUTANTS)("$name by $caughtBy", ({ name, caughtBy, shownBy }) => {
    const seed = seedThatCatches(name, caughtBy, shownBy);
    expect(seed, `no seed up to ${SEEDS} shows "${caughtBy}" violated`).toBeGreaterThan(0);
    const violated = [...findingsOf(shownBy, seed)].filter(([, finding]) => finding.verdict === "violated");
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

function seedThatCatches(name: string, check: string, shownBy: ScenarioInput): number {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const finding = findingsOf({ ...shownBy, mutant: name as never }, seed).get(check);
    if (finding?.verdict === "violated") {
      expect(finding.evidence[0]?.length).toBeGreaterThan(10);
      return seed;
    }
  }
  return 0;
}
