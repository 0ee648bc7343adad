/** One run as data: what `run --json` prints and what a comparison adds up. */
import type { Verdict } from "../scenarios/checks/isolation/verdict.ts";
import { unmetExpectations } from "../scenarios/expectations.ts";
import type { Level } from "../scenarios/levels.ts";
import type { Costs } from "../scenarios/measures.ts";
import type { RunResult } from "../sim/run.ts";

export interface RunSummary {
  readonly scenario: string;
  readonly seed: string;
  readonly commit: string;
  readonly snapshot: string;
  readonly hash: string;
  readonly events: number;
  readonly virtualUs: number;
  readonly verdicts: Readonly<Record<string, Verdict>>;
  /** Evidence of what was violated, or why a check was not exercised. */
  readonly evidence: Readonly<Record<string, readonly string[]>>;
  /** The strongest level that held. */
  readonly isolation: Level | null;
  /** What is still in doubt at the end, where the protocol may block. */
  readonly blocked: readonly string[];
  /** Faults of the scenario, by their place in it, whose effect never came. */
  readonly dormantFaults: readonly number[];
  readonly transactions: RunResult["transactions"];
  readonly costs: Costs | null;
  /** Expectations of the scenario that were not met. */
  readonly unmet: readonly string[];
  /** The command that runs exactly this again. */
  readonly replay: string;
}

export function summarize(result: RunResult, replay: string): RunSummary {
  const { scenario, findings } = result;
  const verdicts: Record<string, Verdict> = {};
  const evidence: Record<string, readonly string[]> = {};
  for (const [name, finding] of findings) {
    verdicts[name] = finding.verdict;
    if (finding.evidence.length > 0) evidence[name] = finding.evidence;
  }
  return {
    scenario: scenario.name,
    seed: result.seed,
    commit: scenario.commit,
    snapshot: scenario.snapshot,
    hash: result.hash,
    events: result.events,
    virtualUs: result.virtualUs,
    verdicts,
    evidence,
    isolation: result.isolation,
    blocked: result.stalls,
    dormantFaults: result.dormantFaults,
    transactions: result.transactions,
    costs: result.costs,
    unmet: unmetExpectations(scenario, result),
    replay,
  };
}
