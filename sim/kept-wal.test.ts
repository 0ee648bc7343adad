/**
 * What the slots of a cluster keep (mmts 8.2 test_syncpoint; bugs 28 and 29 of 9.3): in health next to nothing, while a node
 * is away everything that it lacks, and while it recovers less and less, also on the nodes that are not its donor.
 */
import { beforeAll, describe, expect, test } from "vitest";
import type { NodeId } from "../protocol/members.ts";
import { type NodeCondition, statusOf } from "../protocol/membership/status.ts";
import { parseScenario } from "../scenarios/scenario.ts";
import { createSimulation, runUntil } from "./engine/simulation.ts";
import type { SimWorld } from "./engine/world.ts";

/** Node 3, whose own clients write nothing, is away from 4 s to 8 s, and then takes long to catch up. */
const SCENARIO = parseScenario({
  name: "kept WAL",
  duration: "14s",
  workload: {
    kind: "register",
    nodes: [1, 2],
    clients: 2,
    keys: 200,
    operations: 100_000,
    reads: 0,
    think: { kind: "uniform", min: "1ms", max: "10ms" },
  },
  database: { slotSaveBytes: 0 },
  faults: [
    { when: { at: "4s" }, fault: { kind: "crash", node: 3 }, forUs: "4s" },
    { when: { at: "8s" }, fault: { kind: "slow fsync", node: 3, factor: 50 }, forUs: "3s" },
  ],
});

/** By tenths of a second. */
interface Sample {
  readonly state: NodeCondition | "down";
  /** By node. */
  readonly written: readonly number[];
  /** By node: how many of its syncpoints it remembers. */
  readonly syncpoints: readonly number[];
  /** Up to where the slot of the peer on the node has let its WAL go. */
  readonly confirmed: (node: NodeId, peer: NodeId) => number;
}

const samples: Sample[] = [];

beforeAll(() => {
  const world = createSimulation(SCENARIO, "1", { mode: "in place", keepHistory: false });
  for (let tenth = 0; tenth <= 140; tenth++) {
    runUntil(world, tenth * 100_000);
    samples.push(sampleOf(world));
  }
});

describe("the WAL that is kept", () => {
  test("in health is that of the last syncpoints, on every node, also on one without clients", () => {
    for (const [node, peer] of PAIRS) {
      expect(at(4).confirmed(node, peer)).toBeGreaterThan(writtenBy(node, 1.5));
    }
  });

  test("in health is bounded by one syncpoint or two, and a node forgets those before", () => {
    for (const node of [1, 2, 3]) expect(at(4).syncpoints[node]).toBeLessThanOrEqual(2);
  });

  test("while a node is away begins with what that one has last dealt with", () => {
    for (const node of [1, 2]) {
      const kept = at(4).confirmed(node, 3);
      expect(at(7.9).confirmed(node, 3)).toBe(kept);
      expect(writtenBy(node, 7.9)).toBeGreaterThan(2 * kept);
    }
  });

  test("becomes less while the node recovers, on its donor and on the other", () => {
    const catching = samples.filter(({ state }) => state === "catchup");
    const last = catching.at(-1);
    for (const node of [1, 2]) {
      expect(last?.confirmed(node, 3)).toBeGreaterThan(writtenBy(node, 7));
    }
  });

  test("is soon that of health once the node is back", () => {
    expect(at(13).state).toBe("online");
    for (const [node, peer] of PAIRS) {
      expect(at(14).confirmed(node, peer)).toBeGreaterThan(writtenBy(node, 11.5));
    }
  });
});

const PAIRS = [1, 2, 3]
  .flatMap((node) => [1, 2, 3].map((peer) => [node, peer] as const))
  .filter(([node, peer]) => node !== peer);

function at(seconds: number): Sample {
  return samples[Math.round(10 * seconds)] as Sample;
}

function writtenBy(node: NodeId, seconds: number): number {
  return at(seconds).written[node] as number;
}

function sampleOf({ state: { machines } }: SimWorld): Sample {
  const third = machines[3];
  const slots = machines.map(({ server }) =>
    server.slots.map(({ peer, confirmed }) => ({ peer, confirmed })),
  );
  return {
    state: third?.up === true ? statusOf(third.state).state : "down",
    written: machines.map(({ server }) => server.wal.flushed),
    syncpoints: machines.map(({ state }) => state.syncpoints.written.length),
    confirmed: (node, peer) => slots[node]?.find((slot) => slot.peer === peer)?.confirmed ?? -1,
  };
}
