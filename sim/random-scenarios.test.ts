/**
 * Random clusters, workloads and disasters: every check holds in every run of a protocol that is safe in all of them.
 * 3PC is not, and is left out. A failure prints the smallest scenario that shows it.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { CHECKS } from "../scenarios/checks/checks.ts";
import { parseScenario, type ScenarioInput } from "../scenarios/scenario.ts";
import { runScenario } from "./run.ts";

const RUNS = 150;

const share = (...shares: number[]) => fc.constantFrom(...shares);
const uniform = (min: number, max: number) => ({ kind: "uniform" as const, min, max });

const workload = fc.constantFrom<NonNullable<ScenarioInput["workload"]>>(
  { kind: "bank", accounts: 10, think: uniform(0, 5_000) },
  { kind: "bank", accounts: 3, transfers: 1 },
  { kind: "pairs" },
  { kind: "pairs", shows: "write skew" },
  { kind: "family" },
  { kind: "register", keys: 3, reads: 0.5 },
);

const nervous = { heartbeat: "3ms", suspectBeats: 2, voteBeats: 6, resendBeats: 2, resolveBeats: 3 };

const protocol = fc.record({
  beats: fc.constantFrom({}, {}, nervous),
  skew: fc.constantFrom("wait" as const, "absorb" as const),
  waitPeerCommits: fc.boolean(),
  snapshotAge: share(0, 2_000),
});

const kind = fc.constantFrom(
  "crash" as const,
  "pause" as const,
  "cut" as const,
  "partition" as const,
  "clock step" as const,
  "clock rate" as const,
  "slow fsync" as const,
  "delay" as const,
);

const nemesis = fc.record({
  kinds: fc.uniqueArray(kind, { minLength: 1, maxLength: 4 }),
  from: fc.constant("200ms"),
  every: fc.constantFrom(uniform(50_000, 300_000), uniform(50_000, 1_000_000)),
  lasts: fc.constantFrom(uniform(10_000, 200_000), uniform(10_000, 1_500_000)),
});

const scenario = fc
  .record({
    nodes: fc.integer({ min: 2, max: 5 }),
    commit: fc.constantFrom("2pc" as const, "e3pc" as const, "paxos-commit" as const),
    snapshot: fc.constantFrom("local" as const, "clock-si" as const, "clock-si-committer" as const),
    workload,
    nemesis: fc.option(nemesis, { freq: 6 }),
    protocol: protocol.map(({ beats, ...others }) => ({ ...beats, ...others })),
    network: fc.record({
      mode: fc.constantFrom("ordered" as const, "datagram" as const),
      loss: share(0, 0, 0.02, 0.2),
      duplication: share(0, 0.1),
      latency: fc.constantFrom(uniform(200, 600), { kind: "exponential" as const, min: 100, mean: 2_000 }),
    }),
    clocks: fc.constantFrom<NonNullable<ScenarioInput["clocks"]>>(
      [],
      [
        { node: 1, offset: "30ms", ppm: 100 },
        { node: 2, offset: "-20ms" },
      ],
    ),
    disk: fc.record({
      fsync: fc.constantFrom(uniform(100, 300), { kind: "exponential" as const, min: 50, mean: 3_000 }),
      unsynced: fc.constantFrom("lost" as const, "any prefix" as const),
    }),
    database: fc.record({ lockTimeout: share(0, 30_000), deadlockTimeout: share(50_000, 5_000) }),
  })
  .map((input): ScenarioInput => ({ name: "random", duration: "2s", settle: "40s", ...input }));

test("every check holds in random clusters with random disasters", () => {
  fc.assert(
    fc.property(scenario, fc.integer({ min: 1, max: 1_000_000 }), (input, seed) => {
      const result = runScenario(parseScenario(input), String(seed), { mode: "in place", checks: CHECKS });
      const violated = [...result.findings].filter(([, { verdict }]) => verdict === "violated");
      expect(violated).toEqual([]);
      expect(result.stalls).toEqual([]);
    }),
    { seed: 20261123, numRuns: RUNS },
  );
});
