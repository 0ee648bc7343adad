/**
 * Foreign keys and row locks, on any interleaving that a small cluster comes to: no orphan, no broken lock, and the same
 * rows on every node; with one table that has parents, and with one that has nothing but a gate.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { COMMIT_PROTOCOLS, SNAPSHOT_MANAGERS } from "../../protocol/config.ts";
import { runScenario } from "../../sim/run.ts";
import { CHECKS } from "../checks/checks.ts";
import { parseScenario } from "../scenario.ts";

const clusters = fc.record({
  nodes: fc.integer({ min: 2, max: 3 }),
  commit: fc.constantFrom(...COMMIT_PROTOCOLS),
  snapshot: fc.constantFrom(...SNAPSHOT_MANAGERS),
  workload: fc.constantFrom(
    { kind: "family", parents: 1, think: { kind: "uniform", min: 0, max: 500 } },
    { kind: "family", parents: 3 },
    { kind: "gate", think: { kind: "uniform", min: 0, max: 500 } },
    { kind: "gate", clients: 2 },
  ),
  latency: fc.integer({ min: 50, max: 5_000 }),
  crash: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

test("no interleaving leaves an orphan or breaks a lock", () => {
  fc.assert(
    fc.property(clusters, ({ latency, crash, seed, ...cluster }) => {
      const scenario = parseScenario({
        name: "locks",
        ...cluster,
        duration: "150ms",
        protocol: { heartbeat: "10ms" },
        network: { latency: { kind: "uniform", min: 50, max: 50 + latency } },
        faults: crash ? [{ when: { at: "80ms" }, fault: { kind: "crash", node: 2 }, forUs: "30ms" }] : [],
      });
      const { findings } = runScenario(scenario, String(seed), { mode: "in place", checks: CHECKS });
      const violated = [...findings].filter(([, { verdict }]) => verdict === "violated");
      expect(violated).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
