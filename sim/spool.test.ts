import { expect, test } from "vitest";
import type { StreamPart } from "../protocol/database.ts";
import { parseScenario } from "../scenarios/scenario.ts";
import { createSimulation, runUntil } from "./engine/simulation.ts";
import { isQuiet } from "./run.ts";
import { spooledTransactions } from "./spool.ts";

test("pieces of large transactions travel, and none is kept when all is over", () => {
  const scenario = parseScenario({
    name: "bulk",
    duration: "300ms",
    workload: { kind: "bulk" },
    database: { decodingMemoryRows: 10 },
    nemesis: { kinds: ["cut"], from: "50ms", lasts: { kind: "uniform", min: "10ms", max: "60ms" } },
  });
  const world = createSimulation(scenario, "1", { mode: "in place", keepHistory: false });
  const seen: Record<string, number> = {};
  for (const [node, host] of world.hosts.entries()) {
    const stream = (peer: number, part: StreamPart): void => {
      seen[part.kind] = (seen[part.kind] ?? 0) + 1;
      host.stream(peer, part);
    };
    world.hosts[node] = { ...host, stream };
  }
  runUntil(world, 10_000_000);
  expect(isQuiet(world)).toBe(true);
  for (const kind of ["piece", "last piece", "piece aborted"]) expect(seen[kind]).toBeGreaterThan(10);
  expect(world.state.machines.map(({ spool }) => spooledTransactions(spool))).toEqual([0, 0, 0, 0]);
});
