import { describe, expect, test } from "vitest";
import type { CommitProtocolName } from "../../protocol/config.ts";
import { runScenario } from "../../sim/run.ts";
import { parseScenario, type ScenarioInput } from "../scenario.ts";
import type { Finding } from "./check.ts";
import { majorityWorks } from "./left-alone.ts";

const storm: ScenarioInput = {
  name: "a storm that ends",
  duration: "9s",
  settle: "30s",
  workload: { kind: "bank", accounts: 30, think: { kind: "uniform", min: "2ms", max: "20ms" } },
  nemesis: { kinds: ["crash", "pause", "partition"], majority: "7s" },
};

function judge(changes: Partial<ScenarioInput>, seed: number): Finding {
  const scenario = parseScenario({ ...storm, ...changes });
  const { findings } = runScenario(scenario, String(seed), { mode: "in place", checks: [majorityWorks] });
  return findings.get(majorityWorks.name) as Finding;
}

function verdicts(commit: CommitProtocolName): Finding[] {
  return [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => judge({ commit }, seed));
}

describe("a majority that is left alone", () => {
  test.each(["3pc", "e3pc", "paxos-commit"] as const)("commits under %s", (commit) => {
    for (const { verdict, evidence } of verdicts(commit)) expect(verdict, evidence.join()).toBe("holds");
  });

  test("of five is three or four nodes, and commits as well", () => {
    for (const seed of [1, 2, 3]) expect(judge({ nodes: 5 }, seed).verdict).toBe("holds");
  });

  test("may block under 2PC, and then it is said why", () => {
    const blocked = verdicts("2pc").filter(({ verdict }) => verdict === "not exercised");
    expect(blocked.length).toBeGreaterThan(0);
    for (const { evidence } of blocked) {
      expect(evidence[0]).toMatch(
        /^nodes \d, \d were left alone, and may block: \d:\d+ is in doubt on node \d: 2pc, and coordinator node \d is (paused|down)$/,
      );
    }
  });
});

test("nothing is judged where nobody is left alone", () => {
  expect(judge({ nemesis: null }, 1)).toEqual({
    verdict: "not exercised",
    evidence: ["no majority was left alone"],
  });
});
