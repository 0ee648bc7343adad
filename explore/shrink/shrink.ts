/**
 * Shrinking: from a run that fails to the smallest scenario that fails by the same check, the same rule and in the same
 * shape.
 *
 * Source: Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002, over the parts of a
 * scenario. Since every part of a run draws from a stream of its own, leaving one out moves little elsewhere; what still
 * moves is met by trying a few other seeds.
 */
import { CHECKS } from "../../scenarios/checks/checks.ts";
import type { ScheduledFault } from "../../scenarios/faults.ts";
import { parseScenario, type Scenario, ScenarioError } from "../../scenarios/scenario.ts";
import { type RunResult, runScenario } from "../../sim/run.ts";
import { type Cause, causeOf } from "../cause.ts";
import { minimalInput, printInput } from "./minimal-input.ts";
import { SIMPLIFICATIONS } from "./simplifications.ts";

export interface Shrunk {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly hash: string;
  readonly cause: Cause;
  readonly before: Size;
  readonly after: Size;
  /** Runs that it took. */
  readonly runs: number;
  /** False if it ended because it had run so often as it may. */
  readonly smallest: boolean;
}

export interface Size {
  readonly nodes: number;
  readonly faults: number;
  readonly transactions: number;
  readonly events: number;
  readonly virtualUs: number;
  /** Lines of the scenario as a person would write it. */
  readonly lines: number;
}

export interface ShrinkOptions {
  readonly mostRuns: number;
  readonly progress: (runs: number, size: Size) => void;
}

/** Null if nothing fails in the run. */
export function shrink(scenario: Scenario, seed: string, options: ShrinkOptions): Shrunk | null {
  const first = tryRun(scenario, seed);
  const cause = first === null ? null : causeOf(first);
  if (first === null || cause === null) return null;
  const search: Search = { cause, runs: 1, mostRuns: options.mostRuns, best: first, seed };
  const explicit = withExplicitFaults(scenario, seed);
  if (explicit !== null) accept(search, explicit);
  while (simplifyOnce(search)) options.progress(search.runs, sizeOf(search.best));
  return {
    scenario: search.best.scenario,
    seed: search.seed,
    hash: search.best.hash,
    cause: causeOf(search.best) ?? cause,
    before: sizeOf(first),
    after: sizeOf(search.best),
    runs: search.runs,
    smallest: search.runs < search.mostRuns,
  };
}

interface Search {
  readonly cause: Cause;
  runs: number;
  readonly mostRuns: number;
  best: RunResult;
  seed: string;
}

/** Tried beside the seed of the failure. */
const OTHER_SEEDS = ["1", "2", "3"];

function simplifyOnce(search: Search): boolean {
  let simplified = false;
  for (const simplify of Object.values(SIMPLIFICATIONS)) {
    while (acceptAny(search, simplify(search.best.scenario))) simplified = true;
  }
  return simplified && search.runs < search.mostRuns;
}

function acceptAny(search: Search, candidates: Iterable<Scenario>): boolean {
  for (const candidate of candidates) {
    if (search.runs >= search.mostRuns) return false;
    if (accept(search, candidate)) return true;
  }
  return false;
}

/** Takes the candidate for the best so far if it fails in the same way, with one seed or another. */
function accept(search: Search, candidate: Scenario): boolean {
  for (const seed of new Set([search.seed, ...OTHER_SEEDS])) {
    search.runs += 1;
    const result = tryRun(candidate, seed);
    const cause = result === null ? null : causeOf(result);
    if (result === null || cause?.check !== search.cause.check || cause.shape !== search.cause.shape)
      continue;
    search.best = result;
    search.seed = seed;
    return true;
  }
  return false;
}

/** Null for a scenario that is not one, such as a bank with one account. */
function tryRun(scenario: Scenario, seed: string): RunResult | null {
  try {
    return runScenario(parseScenario(scenario), seed, { mode: "in place", checks: CHECKS });
  } catch (error) {
    if (error instanceof ScenarioError) return null;
    throw error;
  }
}

/** What the nemesis drew, as faults of the scenario, so that each can be left out; null if it drew nothing. */
function withExplicitFaults(scenario: Scenario, seed: string): Scenario | null {
  if (scenario.nemesis === null) return null;
  const drawn: ScheduledFault[] = [];
  runScenario(scenario, seed, {
    mode: "in place",
    checks: [],
    observe: (fact, at) => {
      if (fact.type !== "fault" || !fact.drawn) return;
      drawn.push({ when: { at }, fault: fact.fault, ...(fact.forUs === null ? {} : { forUs: fact.forUs }) });
    },
  });
  return { ...scenario, nemesis: null, faults: [...scenario.faults, ...drawn] };
}

function sizeOf({ scenario, events, virtualUs, transactions }: RunResult): Size {
  return {
    nodes: scenario.nodes,
    faults: scenario.faults.length,
    transactions: Object.values(transactions).reduce((sum, count) => sum + count, 0),
    events,
    virtualUs,
    lines: printInput(minimalInput(scenario)).split("\n").length,
  };
}
