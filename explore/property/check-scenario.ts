/** `checkScenario`: a property test of a protocol in three lines. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { CHECKS } from "../../scenarios/checks/checks.ts";
import { parseScenario, type ScenarioInput } from "../../scenarios/scenario.ts";
import { VERSION } from "../../scenarios/version.ts";
import { runScenario } from "../../sim/run.ts";
import { causeOf } from "../cause.ts";
import { minimalInput, printInput } from "../shrink/minimal-input.ts";
import { type Shrunk, shrink } from "../shrink/shrink.ts";

export interface CheckScenarioOptions {
  /** Random scenarios to try. */
  readonly runs?: number;
  /** Of fast-check: the same seed draws the same scenarios. */
  readonly seed?: number;
  /** A folder in which a failure is kept as a seed file, e.g. scenarios/regressions. */
  readonly saveTo?: string;
}

/**
 * Runs scenarios drawn from the arbitrary; throws an Error at the first in which a check is violated or an expectation
 * unmet, with the smallest scenario that fails alike and the command that runs it.
 */
export function checkScenario(
  arbitrary: fc.Arbitrary<ScenarioInput>,
  options: CheckScenarioOptions = {},
): void {
  const { runs = 50, seed } = options;
  const property = fc.property(arbitrary, fc.integer({ min: 1, max: 1_000_000 }), (input, runSeed) => {
    const result = runScenario(parseScenario(input), String(runSeed), { mode: "in place", checks: CHECKS });
    return causeOf(result) === null;
  });
  // The failure is shrunk below, which knows what may be left out of a scenario.
  const details = fc.check(property, {
    numRuns: runs,
    endOnFailure: true,
    ...(seed === undefined ? {} : { seed }),
  });
  if (!details.failed) return;
  if (details.counterexample === null) throw details.errorInstance ?? new Error("no scenario could be drawn");
  const [input, runSeed] = details.counterexample;
  const shrunk = shrink(parseScenario(input), String(runSeed), { mostRuns: MOST_RUNS, progress: () => {} });
  // What a run throws, a ScenarioError for one, is no violation and has no smaller form.
  if (shrunk === null) throw details.errorInstance ?? new Error("the failure did not come again");
  throw new Error(report(shrunk, details.seed, options.saveTo));
}

const MOST_RUNS = 3_000;

function report(shrunk: Shrunk, seed: number, saveTo: string | undefined): string {
  const { cause } = shrunk;
  const again =
    saveTo === undefined
      ? `kept as FILE.json it runs with: npx lockstep run FILE.json --seed ${shrunk.seed}`
      : `replay it with: npx lockstep replay ${save(shrunk, saveTo)}`;
  return [
    `a run fails by "${cause.check}": ${cause.evidence}`,
    printInput(minimalInput(shrunk.scenario)),
    again,
    `fast-check drew it with seed ${seed}`,
  ].join("\n");
}

function save({ scenario, seed, hash, cause }: Shrunk, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${cause.check.replaceAll(/\W+/g, "-")}-${hash.slice(0, 8)}.json`);
  const file = { lockstep: VERSION, scenario: minimalInput(scenario), seed, set: {}, hash };
  writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`);
  return path;
}
