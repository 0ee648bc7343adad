import { describe, expect, test } from "vitest";
import { COMMIT_PROTOCOLS } from "../../protocol/config.ts";
import { CATALOGUE } from "../../scenarios/catalogue/catalogue.ts";
import { parseScenario } from "../../scenarios/scenario.ts";
import { describeDrawn, drawScenario } from "./swarm.ts";

const SEEDS = Array.from({ length: 200 }, (_, index) => String(index + 1));
const bank = parseScenario({ name: "bank" });

describe("what a seed draws", () => {
  test.each(CATALOGUE)("from $name is a scenario that parses to itself", (input) => {
    for (const seed of SEEDS.slice(0, 30)) {
      const drawn = drawScenario(parseScenario(input), seed);
      expect(parseScenario(JSON.parse(JSON.stringify(drawn)))).toEqual(drawn);
    }
  });

  test("is the same for the same seed, and for other seeds another", () => {
    expect(drawScenario(bank, "7")).toEqual(drawScenario(bank, "7"));
    const drawn = SEEDS.map((seed) => JSON.stringify(drawScenario(bank, seed)));
    expect(new Set(drawn).size).toBe(SEEDS.length);
  });

  test("keeps what the scenario is about, and nodes that it names", () => {
    const about = parseScenario({
      name: "about",
      commit: "2pc",
      snapshot: "local",
      mutant: "acknowledges-early",
      workload: { kind: "register", nodes: [1], operations: 3 },
      nodes: 4,
      faults: [{ when: { at: "1s" }, fault: { kind: "crash", node: 4 } }],
      expect: [{ verdicts: { sound: "holds" } }, { commit: ["3pc"], others: "any" }],
    });
    for (const seed of SEEDS.slice(0, 50)) {
      const drawn = drawScenario(about, seed);
      expect(drawn).toMatchObject({
        nodes: 4,
        commit: "2pc",
        snapshot: "local",
        mutant: "acknowledges-early",
      });
      expect(drawn.workload).toMatchObject({ kind: "register", nodes: [1], operations: 3 });
      expect(drawn.faults[0]).toEqual(about.faults[0]);
      expect(drawn.expect).toEqual([{ verdicts: {}, others: "not violated" }]);
    }
  });

  test("is told in a line that names the nodes, the nemesis and the sites", () => {
    const lines = SEEDS.map((seed) => describeDrawn(bank, drawScenario(bank, seed)));
    for (const line of lines) expect(line).toMatch(/^[2-5] nodes; (ordered|datagram); /);
    expect(lines.some((line) => line.includes("nemesis"))).toBe(true);
    expect(lines.some((line) => line.includes("crash after send vote"))).toBe(true);
  });
});

test.each(COMMIT_PROTOCOLS)(
  "every kind of fault and every size of cluster comes up in 200 seeds, under %s",
  (commit) => {
    const drawn = SEEDS.map((seed) => drawScenario({ ...bank, commit }, seed));
    const kinds = new Set(drawn.flatMap(({ nemesis }) => nemesis?.kinds ?? []));
    expect(kinds.size).toBe(8);
    expect(new Set(drawn.map(({ nodes }) => nodes))).toEqual(new Set([2, 3, 4, 5]));
    expect(
      drawn.filter(({ nemesis, faults }) => nemesis === null && faults.length === 0).length,
    ).toBeLessThan(40);
  },
);
