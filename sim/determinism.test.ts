import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { COMMIT_PROTOCOLS, SNAPSHOT_MANAGERS } from "../protocol/config.ts";
import { findScenario } from "../scenarios/catalogue/catalogue.ts";
import { CHECKS } from "../scenarios/checks/checks.ts";
import { parseScenario, type Scenario, type ScenarioInput } from "../scenarios/scenario.ts";
import { hashOfData } from "./engine/canonical.ts";
import { showHash } from "./engine/hash.ts";
import { createSimulation, runUntil } from "./engine/simulation.ts";
import type { SimWorld } from "./engine/world.ts";
import { runScenario } from "./run.ts";

/** Clusters of every kind, small enough to look at every event. */
const scenarios: fc.Arbitrary<Scenario> = fc
  .record({
    commit: fc.constantFrom(...COMMIT_PROTOCOLS),
    snapshot: fc.constantFrom(...SNAPSHOT_MANAGERS),
    nodes: fc.constantFrom(1, 2, 3, 5),
    mode: fc.constantFrom("ordered" as const, "datagram" as const),
    heartbeat: fc.constantFrom(2_000, 20_000),
    workload: fc.constantFrom<ScenarioInput["workload"][]>(
      { kind: "bank", accounts: 4 },
      { kind: "pairs" },
      { kind: "family" },
      { kind: "ddl" },
      { kind: "sequence" },
      { kind: "bulk", rows: 5 },
    ),
  })
  .map(({ mode, heartbeat, ...rest }) =>
    parseScenario({
      ...rest,
      name: "property",
      duration: "60ms",
      protocol: { heartbeat, suspectBeats: 2, voteBeats: 4, resolveBeats: 2, resendBeats: 1 },
      network: { mode, loss: mode === "datagram" ? 0.05 : 0, duplication: 0.1 },
      nemesis: {
        kinds: ["crash", "pause", "cut", "clock step", "slow fsync", "delay"],
        from: "5ms",
        every: { kind: "uniform", min: "5ms", max: "20ms" },
        lasts: { kind: "uniform", min: "1ms", max: "20ms" },
      },
      database: { restart: "3ms" },
    }),
  );

const seeds = fc.integer({ min: 1, max: 1_000_000 }).map(String);

function worldOf(scenario: Scenario, seed: string, mode: "in place" | "reduce"): SimWorld {
  return createSimulation(scenario, seed, { mode, keepHistory: true });
}

describe("the same scenario and seed", () => {
  test("take every node through the same states in place and under reduce, event by event", () => {
    fc.assert(
      fc.property(scenarios, seeds, (scenario, seed) => {
        const inPlace = worldOf(scenario, seed, "in place");
        const reduced = worldOf(scenario, seed, "reduce");
        for (let events = inPlace.state.events; events < 1_500; events++) {
          const more = runUntil(inPlace, scenario.duration, events);
          expect(runUntil(reduced, scenario.duration, events)).toBe(more);
          expect(showHash(reduced.state.hash)).toBe(showHash(inPlace.state.hash));
          expect(statesOf(reduced)).toBe(statesOf(inPlace));
          if (inPlace.state.queue.time >= scenario.duration) break;
        }
      }),
      { numRuns: 12 },
    );
  });

  test("give the same hash twice, in place and under reduce, with checks on and off", () => {
    fc.assert(
      fc.property(scenarios, seeds, (scenario, seed) => {
        const options = [
          { mode: "in place", checks: CHECKS },
          { mode: "in place", checks: [] },
          { mode: "reduce", checks: [] },
          { mode: "in place", checks: CHECKS },
        ] as const;
        const results = options.map((option) => runScenario({ ...scenario, settle: 500_000 }, seed, option));
        const traces = results.map(({ hash, events }) => `${hash} ${events}`);
        expect(new Set(traces).size).toBe(1);
      }),
      { numRuns: 15 },
    );
  });

  test("give the same hash in another process", () => {
    const scenario = parseScenario({ ...findScenario("storm"), duration: "3s" });
    const here = runScenario(scenario, "5", { mode: "in place", checks: [] });
    const there = JSON.parse(
      execFileSync(
        process.execPath,
        ["cli/lockstep.mjs", "run", "storm", "--seed", "5", "--set", "duration=3s", "--json"],
        { encoding: "utf8" },
      ),
    );
    expect(there.hash).toBe(here.hash);
    expect(there.events).toBe(here.events);
  });
});

test("another seed gives another hash", () => {
  const scenario = parseScenario({ ...findScenario("bank"), duration: "200ms" });
  const hashes = ["1", "2", "3"].map(
    (seed) => runScenario(scenario, seed, { mode: "in place", checks: [] }).hash,
  );
  expect(new Set(hashes).size).toBe(3);
});

function statesOf(world: SimWorld): string {
  return world.state.machines.map((machine) => hashOfData(machine.state)).join(" ");
}
