/** Runs a mutant, seed after seed, until the check that must notice it does. */

import type { Finding } from "../scenarios/checks/check.ts";
import { CHECKS } from "../scenarios/checks/checks.ts";
import type { Mutant } from "../scenarios/mutants/mutant.ts";
import { parseScenario, type ScenarioInput } from "../scenarios/scenario.ts";
import { runScenario } from "../sim/run.ts";

export interface Caught {
  /** The first seed that shows it, counted from 1: so many it took. 0: none did. */
  readonly seed: number;
  /** What the check said; empty if nothing was caught. */
  readonly evidence: string;
}

export function catchMutant({ name, caughtBy, shownBy }: Mutant, seeds: number): Caught {
  for (let seed = 1; seed <= seeds; seed++) {
    const finding = findingsOf({ ...shownBy, mutant: name }, seed).get(caughtBy);
    if (finding?.verdict === "violated") return { seed, evidence: finding.evidence[0] ?? "" };
  }
  return { seed: 0, evidence: "" };
}

export function findingsOf(input: ScenarioInput, seed: number): ReadonlyMap<string, Finding> {
  return runScenario(parseScenario(input), String(seed), { mode: "in place", checks: CHECKS }).findings;
}
