import { describe, expect, test } from "vitest";
import { runScenario } from "../../sim/run.ts";
import { killStart } from "../catalogue/kill-start.ts";
import { parseScenario, type ScenarioInput } from "../scenario.ts";
import type { Finding } from "./check.ts";
import { shortOutages } from "./outages.ts";

const SEEDS = ["1", "2", "3", "4", "5", "6", "7", "8"];

function judge(changes: Partial<ScenarioInput>, seed: string): Finding {
  const scenario = parseScenario({ ...killStart, ...changes });
  const { findings } = runScenario(scenario, seed, { mode: "in place", checks: [shortOutages] });
  return findings.get(shortOutages.name) as Finding;
}

describe("when node 3 of three is killed and started again", () => {
  test.each(["3pc", "e3pc", "paxos-commit"] as const)("outages are short under %s", (commit) => {
    for (const seed of SEEDS) {
      const { verdict, evidence } = judge({ commit }, seed);
      expect(verdict, `seed ${seed}: ${evidence.join()}`).toBe("holds");
    }
  });

  test("it is told how long they were", () => {
    const [sentence] = judge({}, "1").evidence;
    expect(sentence).toMatch(/^a pause of 1\.\d+ s when node 3 died and [\d.]+ ms when it came back; usual/);
  });
});

describe("nothing is promised", () => {
  test.each<[string, Partial<ScenarioInput>]>([
    ["under 2PC, which may block", { commit: "2pc" }],
    ["while nobody is ever dropped", { membership: "fixed" }],
    ["on a network of another kind", { network: { latency: "5ms" } }],
    ["if two things fail", { faults: [...(killStart.faults ?? []), ...(killStart.faults ?? [])] }],
    ["if the run is too short to tell", { duration: "6s" }],
  ])("%s", (_, changes) => {
    expect(judge(changes, "1").verdict).toBe("not exercised");
  });
});
