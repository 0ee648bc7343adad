/** Every commit protocol and snapshot manager on one scenario, with the same seeds. */
import {
  COMMIT_PROTOCOLS,
  type CommitProtocolName,
  SNAPSHOT_MANAGERS,
  type SnapshotManagerName,
} from "../protocol/config.ts";
import { CHECKS } from "../scenarios/checks/checks.ts";
import type { Verdict } from "../scenarios/checks/isolation/verdict.ts";
import { LEVELS, type Level } from "../scenarios/levels.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { runScenario } from "../sim/run.ts";
import { type RunSummary, summarize } from "./summary.ts";

export interface Comparison {
  readonly scenario: string;
  readonly seeds: readonly string[];
  readonly rows: readonly ComparedRow[];
}

/** One combination over all seeds. */
export interface ComparedRow {
  readonly commit: CommitProtocolName;
  readonly snapshot: SnapshotManagerName;
  /** Violated in any run, else held in any, else not exercised. */
  readonly verdicts: Readonly<Record<string, Verdict>>;
  /** The weakest that a run reached; null if no run had anything to judge. */
  readonly isolation: Level | null;
  /** Means over the runs that committed anything; null if none did. */
  readonly messages: number | null;
  readonly delays: number | null;
  readonly forcedWrites: number | null;
  readonly medianLatencyUs: number | null;
  /** The longest that a transaction was in doubt on a node. */
  readonly longestInDoubtUs: number;
  /** In how many runs something is in doubt for good. */
  readonly blockedRuns: number;
  /** Transactions in all runs. */
  readonly committed: number;
  readonly aborted: number;
  readonly unmet: readonly string[];
  readonly runs: readonly RunSummary[];
}

export interface ComparisonRequest {
  readonly scenario: Scenario;
  readonly seeds: readonly string[];
  readonly commits?: readonly CommitProtocolName[];
  readonly snapshots?: readonly SnapshotManagerName[];
  /** The command that runs one of them again. */
  readonly replay: (commit: CommitProtocolName, snapshot: SnapshotManagerName, seed: string) => string;
  readonly progress?: (share: number, what: string) => void;
}

export function compare(request: ComparisonRequest): Comparison {
  const { scenario, seeds, commits = COMMIT_PROTOCOLS, snapshots = SNAPSHOT_MANAGERS } = request;
  const combinations = snapshots.flatMap((snapshot) => commits.map((commit) => ({ commit, snapshot })));
  const total = combinations.length * seeds.length;
  let done = 0;
  const rows = combinations.map(({ commit, snapshot }) => {
    const runs = seeds.map((seed) => {
      request.progress?.(done / total, `${commit} with ${snapshot}, seed ${seed}`);
      done += 1;
      const result = runScenario({ ...scenario, commit, snapshot }, seed, {
        mode: "in place",
        checks: CHECKS,
      });
      return summarize(result, request.replay(commit, snapshot, seed));
    });
    return addUp(commit, snapshot, runs);
  });
  return { scenario: scenario.name, seeds, rows };
}

function addUp(
  commit: CommitProtocolName,
  snapshot: SnapshotManagerName,
  runs: readonly RunSummary[],
): ComparedRow {
  const costs = runs.flatMap(({ costs }) => (costs !== null && costs.commits > 0 ? [costs] : []));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const mean = (values: readonly number[]): number | null =>
    values.length === 0 ? null : sum(values) / values.length;
  return {
    commit,
    snapshot,
    verdicts: worstVerdicts(runs),
    isolation: weakest(runs),
    messages: mean(costs.map((cost) => cost.messages)),
    delays: mean(costs.map((cost) => cost.delays)),
    forcedWrites: mean(costs.map((cost) => cost.forcedWrites)),
    medianLatencyUs: mean(costs.map((cost) => cost.latencyUs.median)),
    longestInDoubtUs: Math.max(0, ...runs.map((run) => run.costs?.longestInDoubtUs ?? 0)),
    blockedRuns: runs.filter((run) => run.blocked.length > 0).length,
    committed: sum(runs.map((run) => run.transactions.committed)),
    aborted: sum(runs.map((run) => run.transactions.aborted)),
    unmet: runs.flatMap((run) => run.unmet),
    runs,
  };
}

function worstVerdicts(runs: readonly RunSummary[]): Record<string, Verdict> {
  const worst: Record<string, Verdict> = {};
  for (const { verdicts } of runs) {
    for (const [name, verdict] of Object.entries(verdicts)) {
      worst[name] = worseOf(worst[name], verdict);
    }
  }
  return worst;
}

function worseOf(one: Verdict | undefined, other: Verdict): Verdict {
  if (one === "violated" || other === "violated") return "violated";
  return one === "holds" || other === "holds" ? "holds" : "not exercised";
}

function weakest(runs: readonly RunSummary[]): Level | null {
  let found: Level | null = null;
  for (const { isolation } of runs) {
    if (isolation === null) continue;
    if (found === null || LEVELS.indexOf(isolation) > LEVELS.indexOf(found)) found = isolation;
  }
  return found;
}
