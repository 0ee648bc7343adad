import { describe, expect, test } from "vitest";
import type { Finding } from "./checks/check.ts";
import type { Verdict } from "./checks/isolation/verdict.ts";
import { type Outcome, unmetExpectations } from "./expectations.ts";
import type { Level } from "./levels.ts";
import { parseScenario, type ScenarioInput } from "./scenario.ts";

function outcome(
  verdicts: Record<string, Verdict>,
  level: Level | null = null,
  stalls: string[] = [],
): Outcome {
  const findings = Object.entries(verdicts).map(([name, verdict]): [string, Finding] => [
    name,
    { verdict, evidence: [`${name} evidence`] },
  ]);
  return { findings: new Map(findings), isolation: level, stalls };
}

function unmet(expect: ScenarioInput["expect"], result: Outcome): string[] {
  const scenario = { name: "expecting", commit: "2pc" as const, snapshot: "local" as const, expect };
  return unmetExpectations(parseScenario(scenario), result);
}

describe("without expectations", () => {
  test("no check may be violated", () => {
    expect(unmet([], outcome({ sound: "holds", prefix: "not exercised" }))).toEqual([]);
    expect(unmet([], outcome({ sound: "violated" }))).toEqual(["sound was violated: sound evidence"]);
  });
});

describe("an expected verdict", () => {
  test("is met by that verdict alone: not exercised is no pass", () => {
    const expected = [{ verdicts: { sound: "holds" as const } }];
    expect(unmet(expected, outcome({ sound: "holds" }))).toEqual([]);
    expect(unmet(expected, outcome({ sound: "not exercised" }))).toHaveLength(1);
    expect(unmet(expected, outcome({ sound: "violated" }))).toHaveLength(1);
  });

  test("of a violation is unmet where nothing is violated", () => {
    const expected = [{ verdicts: { sound: "violated" as const } }];
    expect(unmet(expected, outcome({ sound: "violated" }))).toEqual([]);
    expect(unmet(expected, outcome({ sound: "holds" }))).toHaveLength(1);
  });

  test("of a check that did not run is unmet", () => {
    expect(unmet([{ verdicts: { sounds: "holds" } }], outcome({ sound: "holds" }))).toEqual([
      'there is no check "sounds"',
    ]);
  });

  test("leaves the others bound, unless nothing is promised of them", () => {
    const result = outcome({ sound: "holds", prefix: "violated" });
    expect(unmet([{ verdicts: { sound: "holds" } }], result)).toEqual([
      "prefix was violated: prefix evidence",
    ]);
    expect(unmet([{ verdicts: { sound: "holds" }, others: "any" }], result)).toEqual([]);
  });
});

test("of the expectations that apply to a run, the last one counts", () => {
  const expected: ScenarioInput["expect"] = [
    { verdicts: { sound: "holds" } },
    { commit: ["2pc"], verdicts: { sound: "violated" } },
    { snapshot: ["clock-si"], verdicts: { sound: "not exercised" } },
  ];
  expect(unmet(expected, outcome({ sound: "violated" }))).toEqual([]);
  expect(unmet(expected, outcome({ sound: "holds" }))).toHaveLength(1);
});

test("isolation must reach one level and may be held under another, where there is anything to judge", () => {
  const expected: ScenarioInput["expect"] = [{ isolation: "read committed", isolationAtMost: "PSI" }];
  expect(unmet(expected, outcome({}, "PSI"))).toEqual([]);
  expect(unmet(expected, outcome({}, "read committed"))).toEqual([]);
  expect(unmet(expected, outcome({}, "none"))[0]).toContain("at least read committed and is none");
  expect(unmet(expected, outcome({}, "GSI"))[0]).toContain("at most PSI and is GSI");
  expect(unmet(expected, outcome({}, null))).toEqual([]);
});

test("blocking must come, or must not, as it is said; otherwise both will do", () => {
  const stalled = outcome({}, null, ["1:1 is in doubt on node 2"]);
  const clear = outcome({});
  expect(unmet([{ blocks: true }], stalled)).toEqual([]);
  expect(unmet([{ blocks: true }], clear)).toEqual(["a transaction was to stay in doubt, and none did"]);
  expect(unmet([{ blocks: false }], clear)).toEqual([]);
  expect(unmet([{ blocks: false }], stalled)).toEqual([
    "nothing was to stay in doubt, but 1:1 is in doubt on node 2",
  ]);
  expect([...unmet([{}], stalled), ...unmet([{}], clear)]).toEqual([]);
});
