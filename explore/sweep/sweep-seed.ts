/** One seed of a sweep: its run, what it violated and what it reached, as plain data that crosses threads and files. */
import { CHECKS } from "../../scenarios/checks/checks.ts";
import type { Verdict } from "../../scenarios/checks/isolation/verdict.ts";
import { unmetExpectations } from "../../scenarios/expectations.ts";
import type { Level } from "../../scenarios/levels.ts";
import type { Scenario } from "../../scenarios/scenario.ts";
import { recordTrace, type TraceEvent } from "../../sim/engine/trace.ts";
import { createComparer } from "../../sim/engine/trace-comparer.ts";
import { runScenario } from "../../sim/run.ts";
import { shapeOf } from "../cause.ts";
import { createCoverage } from "./coverage.ts";
import { drawScenario } from "./swarm.ts";

export interface SeedResult {
  readonly seed: string;
  /** Empty if the run did not end. */
  readonly hash: string;
  readonly events: number;
  readonly virtualUs: number;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  readonly isolation: Level | null;
  readonly reached: readonly string[];
  /** Null if no distributed commit was answered. */
  readonly medianLatencyUs: number | null;
  readonly longestInDoubtUs: number;
  /** Whether something is in doubt for good, because the protocol may block. */
  readonly blocked: boolean;
  readonly failure: Failure | null;
  /** Of a seed that was run twice: the first event that differed, in words; "" if none did. Null: run once. */
  readonly differs: string | null;
}

export interface Failure {
  /** Runs that fail by the same check, the same rule and in the same shape have one cause. */
  readonly cause: string;
  readonly evidence: string;
}

export interface SeedRequest {
  readonly scenario: Scenario;
  readonly swarm: boolean;
  readonly seed: string;
  /** Run it twice and compare event by event. */
  readonly twice: boolean;
}

export function sweepSeed(request: SeedRequest): SeedResult {
  const scenario = scenarioOfSeed(request);
  const result = runSeed(scenario, request.seed);
  return request.twice ? { ...result, differs: firstDifference(scenario, request.seed) } : result;
}

/** What the seed runs: the scenario as it is, or the cluster that the seed draws from it. */
export function scenarioOfSeed({
  scenario,
  swarm,
  seed,
}: Pick<SeedRequest, "scenario" | "swarm" | "seed">): Scenario {
  return swarm ? drawScenario(scenario, seed) : scenario;
}

function runSeed(scenario: Scenario, seed: string): SeedResult {
  const coverage = createCoverage(scenario);
  try {
    const result = runScenario(scenario, seed, { mode: "in place", checks: CHECKS, observe: coverage.take });
    const { findings, costs } = result;
    return {
      seed,
      hash: result.hash,
      events: result.events,
      virtualUs: result.virtualUs,
      verdicts: Object.fromEntries([...findings].map(([name, { verdict }]) => [name, verdict])),
      isolation: result.isolation,
      reached: coverage.names(),
      medianLatencyUs: costs === null || costs.commits === 0 ? null : costs.latencyUs.median,
      longestInDoubtUs: costs?.longestInDoubtUs ?? 0,
      blocked: result.stalls.length > 0,
      failure: failureOf(unmetExpectations(scenario, result)),
      differs: null,
    };
  } catch (error) {
    // The reducer's own complaints are verdicts; anything else that a run throws is a failure worth its seed.
    return resultOfBrokenRun(seed, `the run threw: ${messageOf(error)}`, coverage.names());
  }
}

/** Of a run that did not come to its end. */
export function resultOfBrokenRun(seed: string, why: string, reached: readonly string[] = []): SeedResult {
  return {
    seed,
    hash: "",
    events: 0,
    virtualUs: 0,
    verdicts: {},
    isolation: null,
    reached,
    medianLatencyUs: null,
    longestInDoubtUs: 0,
    blocked: false,
    failure: failureOf([why]),
    differs: null,
  };
}

/** The first unmet expectation names the check and the rule; without its numbers it is the shape. */
function failureOf(unmet: readonly string[]): Failure | null {
  const first = unmet[0];
  return first === undefined ? null : { cause: shapeOf(first), evidence: first };
}

function firstDifference(scenario: Scenario, seed: string): string {
  const first: TraceEvent[] = [];
  traceOf(scenario, seed, (event) => first.push(event));
  const comparer = createComparer(first);
  traceOf(scenario, seed, comparer.take);
  const difference = comparer.end();
  if (difference === null) return "";
  const { event, recorded, replayed } = difference;
  return `event ${event}: ${recorded?.what ?? "nothing"} at first, ${replayed?.what ?? "nothing"} then`;
}

function traceOf(scenario: Scenario, seed: string, take: (event: TraceEvent) => void): void {
  runScenario(scenario, seed, {
    mode: "in place",
    checks: [],
    attach: (world) => recordTrace(world, take),
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
