import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkIsolation } from "./check-isolation.ts";
import { findDependencies, sessionOrder } from "./dependencies.ts";
import { explainCycle } from "./evidence.ts";
import { cyclicNodes } from "./graph.ts";
import { handMade, type Line } from "./hand-made.ts";
import { buildLevelGraph, type LevelRule } from "./level-graph.ts";
import { smallHistories } from "./small-histories.ts";
import { findSmallestCycle } from "./smallest-cycle.ts";
import { orderVersions } from "./versions.ts";

const RULES: LevelRule[] = [
  { points: "one", antiDependencies: true, sessions: true, realTime: "of all" },
  { points: "start and commit", antiDependencies: true, sessions: true, realTime: "of updates" },
  { points: "start and commit", antiDependencies: true, sessions: true, realTime: "none" },
];

describe("a smallest cycle", () => {
  it("may be long: each transaction reads what the one before wrote, and the last misses the first", () => {
    const ring: Line[] = [{ steps: [{ write: "x0", over: "initial" }] }];
    for (let id = 1; id < 12; id++) {
      ring.push({
        steps: [
          { read: `x${id - 1}`, from: id - 1 },
          { write: `x${id}`, over: "initial" },
        ],
      });
    }
    ring.push({
      steps: [
        { read: "x11", from: 11 },
        { read: "x0", from: "initial" },
      ],
    });
    const { strongest, violations } = checkIsolation(handMade(ring), false);
    expect(strongest).toBe("update atomic");
    for (const { edges } of violations) expect(edges).toHaveLength(13);
  });
});

describe("a cycle that is not searched for", () => {
  it("is a cycle all the same when the budget is spent at once, and one with at most one RT edge", () => {
    let found = 0;
    let withRealTime = 0;
    fc.assert(
      fc.property(smallHistories, fc.constantFrom(...RULES), (lines, rule) => {
        const units = handMade(lines);
        const versions = orderVersions(units);
        if (versions.fork !== null) return;
        const graph = buildLevelGraph(units, findDependencies(units, versions), sessionOrder(units), rule);
        const cyclic = cyclicNodes(units.arena, graph);
        if (cyclic === null) return;
        const { edges, sentences } = explainCycle(
          units,
          versions,
          findSmallestCycle(units, graph, cyclic, 0),
        );
        const least = explainCycle(units, versions, findSmallestCycle(units, graph, cyclic));
        expect(edges.length).toBeGreaterThanOrEqual(least.edges.length);
        edges.forEach((edge, index) => {
          expect(edge.to).toBe(edges[(index + 1) % edges.length]!.from);
          if (edge.kind === "RT") expect(lines[edge.from]!.at![1]).toBeLessThan(lines[edge.to]!.at![0]);
          if (edge.kind === "SO") expect(lines[edge.from]!.session).toBe(lines[edge.to]!.session);
        });
        expect(edges.filter(({ kind }) => kind === "RT").length).toBeLessThanOrEqual(1);
        expect(new Set(edges.map(({ from }) => from)).size).toBe(edges.length);
        expect(sentences).toHaveLength(edges.length);
        found += 1;
        if (edges.some(({ kind }) => kind === "RT")) withRealTime += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(found).toBeGreaterThan(300);
    expect(withRealTime).toBeGreaterThan(50);
  });
});
