import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CATALOGUE } from "./catalogue/catalogue.ts";
import { parseScenario, ScenarioError } from "./scenario.ts";

describe("a scenario", () => {
  test("needs no more than a name, and everything else has a default", () => {
    const scenario = parseScenario({ name: "plain" });
    expect(scenario).toMatchObject({
      nodes: 3,
      commit: "e3pc",
      snapshot: "clock-si-committer",
      duration: 5_000_000,
    });
    expect(scenario.workload.kind).toBe("bank");
  });

  test("takes durations as people write them, and counts them in microseconds", () => {
    const scenario = parseScenario({
      name: "spans",
      duration: "1.5s",
      protocol: { heartbeat: "20ms" },
      network: { latency: { kind: "uniform", min: "250us", max: 400 } },
      clocks: [{ node: 2, offset: "-3ms" }],
    });
    expect(scenario.duration).toBe(1_500_000);
    expect(scenario.protocol.heartbeat).toBe(20_000);
    expect(scenario.network.latency).toEqual({ kind: "uniform", min: 250, max: 400 });
    expect(scenario.clocks).toEqual([{ node: 2, offset: -3_000, ppm: 0 }]);
  });

  test.each(CATALOGUE)("$name parses, survives JSON, and parses to itself", (input) => {
    const scenario = parseScenario(input);
    expect(parseScenario(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario);
  });

  test.each([
    [{ nodes: 3 }, "name:"],
    [{ name: "x", nods: 3 }, 'unknown field "nods"'],
    [{ name: "x", nodes: 0 }, "nodes:"],
    [{ name: "x", nodes: 17 }, "nodes:"],
    [{ name: "x", nodes: "three" }, "nodes:"],
    [{ name: "x", commit: "4pc" }, "commit:"],
    [{ name: "x", duration: "soon" }, 'duration: "soon" is not a duration'],
    [{ name: "x", duration: -1 }, "duration: a duration cannot be negative here"],
    [{ name: "x", duration: 1.5 }, 'duration: "1.5" is not a duration'],
    [{ name: "x", workload: { kind: "tpcc" } }, "workload.kind:"],
    [{ name: "x", workload: { kind: "bank", accounts: 1 } }, "workload.accounts:"],
    [{ name: "x", workload: { kind: "bank", acounts: 4 } }, 'workload: unknown field "acounts"'],
    [{ name: "x", faults: [{ fault: { kind: "crash", node: 1 } }] }, "faults.0.when:"],
    [{ name: "x", faults: [{ when: { at: 1 }, fault: { kind: "meteor" } }] }, "faults.0.fault.kind:"],
    [
      { name: "x", faults: [{ when: { at: 1 }, fault: { kind: "crash", node: 4 } }] },
      "faults.0.fault: there is no node 4",
    ],
    [
      { name: "x", faults: [{ when: { on: { node: 9, site: "decide" } }, fault: { kind: "heal" } }] },
      "there is no node 9",
    ],
    [
      { name: "x", faults: [{ when: { on: { node: 1, site: "send voot" } }, fault: { kind: "heal" } }] },
      'there is no site "send voot"',
    ],
    [{ name: "x", network: { loss: 1 } }, "network.loss:"],
    [{ name: "x", network: { latency: { kind: "gauss" } } }, "network.latency: expected a duration"],
    [{ name: "x", clocks: [{ node: 5 }] }, "clocks.0: there is no node 5"],
    [{ name: "x", mutant: "frankenstein" }, "mutant:"],
    [{ name: "x", expect: [{ isolation: "best" }] }, "expect.0.isolation:"],
    [null, "scenario:"],
    [[], "scenario:"],
    ["bank", "scenario:"],
  ])("refuses %j in one line that says where", (input, message) => {
    let error: unknown;
    try {
      parseScenario(input);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ScenarioError);
    const text = (error as Error).message;
    expect(text).toContain(message);
    expect(text).not.toContain("\n");
  });

  test("whatever JSON it is given, it parses it or says in one line what is wrong", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parseScenario(value);
        } catch (error) {
          expect(error).toBeInstanceOf(ScenarioError);
          expect((error as Error).message).not.toContain("\n");
        }
      }),
    );
  });
});
