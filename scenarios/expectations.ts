/** Whether a run came out as its scenario expects. */
import type { Finding } from "./checks/check.ts";
import { isAtLeast, type Level } from "./levels.ts";
import type { Expectation, Scenario } from "./scenario.ts";

export interface Outcome {
  readonly findings: ReadonlyMap<string, Finding>;
  /** The strongest isolation level that held; null if no check ran. */
  readonly isolation: Level | null;
  /** What is still in doubt at the end, where the protocol may block. */
  readonly stalls: readonly string[];
}

/** One sentence for each expectation that was not met; none if all were. */
export function unmetExpectations(scenario: Scenario, outcome: Outcome): string[] {
  const expectation = expectationOf(scenario);
  return [
    ...unmetVerdicts(outcome, expectation),
    ...unmetIsolation(outcome.isolation, expectation),
    ...unmetBlocking(outcome.stalls, expectation),
  ];
}

/** The last that applies; without any, no check may be violated. */
function expectationOf(scenario: Scenario): Expectation {
  const applies = ({ commit, snapshot }: Expectation): boolean =>
    (commit?.includes(scenario.commit) ?? true) && (snapshot?.includes(scenario.snapshot) ?? true);
  return scenario.expect.findLast(applies) ?? { verdicts: {}, others: "not violated" };
}

function unmetVerdicts({ findings }: Outcome, { verdicts, others }: Expectation): string[] {
  const unmet: string[] = [];
  for (const [name, { verdict, evidence }] of findings) {
    const expected = verdicts[name];
    if (expected === undefined) {
      if (verdict === "violated" && others === "not violated")
        unmet.push(`${name} was violated: ${evidence.join("; ")}`);
    } else if (verdict !== expected) {
      unmet.push(
        `${name} was to be "${expected}" and is "${verdict}"${evidence.length > 0 ? `: ${evidence.join("; ")}` : ""}`,
      );
    }
  }
  for (const name of Object.keys(verdicts)) {
    if (findings.size > 0 && !findings.has(name)) unmet.push(`there is no check "${name}"`);
  }
  return unmet;
}

function unmetIsolation(level: Level | null, expectation: Expectation): string[] {
  if (level === null) return [];
  const { isolation, isolationAtMost } = expectation;
  if (isolation !== undefined && !isAtLeast(level, isolation)) {
    return [`isolation was to be at least ${isolation} and is ${level}`];
  }
  if (isolationAtMost !== undefined && level !== isolationAtMost && isAtLeast(level, isolationAtMost)) {
    return [
      `isolation was to be at most ${isolationAtMost} and is ${level}: the run does not show the anomaly`,
    ];
  }
  return [];
}

function unmetBlocking(stalls: readonly string[], { blocks }: Expectation): string[] {
  if (blocks === true && stalls.length === 0) return ["a transaction was to stay in doubt, and none did"];
  const first = stalls[0];
  if (blocks === false && first !== undefined) return [`nothing was to stay in doubt, but ${first}`];
  return [];
}
