import { describe, expect, test } from "vitest";
import { parseScenario, type ScenarioInput } from "../scenarios/scenario.ts";
import { createSimulation, runUntil } from "./engine/simulation.ts";
import type { SimWorld } from "./engine/world.ts";
import { isQuiet, runScenario } from "./run.ts";

const IDLE = { kind: "register", nodes: [1], operations: 1 } as const;

function simulate(input: Omit<ScenarioInput, "name">): SimWorld {
  const scenario = parseScenario({ name: "faults", workload: IDLE, duration: "5s", ...input });
  return createSimulation(scenario, "1", { mode: "in place", keepHistory: false }, () => {});
}

/** Directions in which messages between nodes are cut, as "1>2". */
function cutsAt(world: SimWorld, at: number): string[] {
  runUntil(world, at);
  const cut = world.state.network.links.filter((link) => link.cut && link.channel === "messages");
  return cut.map(({ from, to }) => `${from}>${to}`);
}

describe("a separation", () => {
  const overlapping = [
    {
      when: { at: "1s" },
      fault: { kind: "partition" as const, groups: [[1], [2, 3]] },
      forUs: "2s",
    },
    {
      when: { at: "2s" },
      fault: { kind: "cut" as const, from: [1], to: [2] },
      forUs: "2s",
    },
  ];

  test("that ends leaves cut what another one cuts too", () => {
    const world = simulate({ faults: overlapping });
    expect(cutsAt(world, 500_000)).toEqual([]);
    expect(cutsAt(world, 1_500_000)).toEqual(["1>2", "1>3", "2>1", "3>1"]);
    expect(cutsAt(world, 2_500_000)).toEqual(["1>2", "1>3", "2>1", "3>1"]);
    expect(cutsAt(world, 3_500_000)).toEqual(["1>2"]);
    expect(cutsAt(world, 4_500_000)).toEqual([]);
  });

  test("that begins at the very moment at which another ends keeps the link cut", () => {
    const cut = { kind: "cut" as const, from: [1], to: [2] };
    const world = simulate({
      faults: [
        { when: { at: "1s" }, fault: cut, forUs: "1s" },
        { when: { at: "2s" }, fault: cut },
      ],
    });
    expect(cutsAt(world, 3_000_000)).toEqual(["1>2"]);
  });

  test("is ended by heal, whatever cuts it", () => {
    const world = simulate({ faults: [...overlapping, { when: { at: "2500ms" }, fault: { kind: "heal" } }] });
    expect(cutsAt(world, 2_600_000)).toEqual([]);
  });
});

test("a link that is cut holds what meets the cut, and one that rejects holds nothing and breaks at once", () => {
  const heldBy = (rejects: boolean): { held: number; connection: number } => {
    const groups = [[1], [2, 3]];
    const world = simulate({
      faults: [{ when: { at: "1s" }, fault: { kind: "partition", groups, rejects } }],
    });
    runUntil(world, 1_500_000);
    const links = world.state.network.links.filter((link) => link.cut && link.channel === "messages");
    const held = links.reduce((sum, link) => sum + link.held.length, 0);
    return { held, connection: links[0]?.connection ?? -1 };
  };
  expect(heldBy(true)).toEqual({ held: 0, connection: 1 });
  expect(heldBy(false).held).toBeGreaterThan(10);
  expect(heldBy(false).connection).toBe(0);
});

test("clients that lose their connection do not hear of what they had asked for, and come back", () => {
  const scenario = parseScenario({
    name: "disconnected",
    duration: "2s",
    workload: { kind: "register", nodes: [1], clients: 5, operations: 100, reads: 0 },
    faults: [
      {
        when: { on: { node: 1, site: "send precommit", from: "100ms" } },
        fault: { kind: "disconnect", node: 1 },
      },
      {
        when: { on: { node: 1, site: "database prepare", from: "200ms" } },
        fault: { kind: "disconnect", node: 1 },
      },
    ],
  });
  const { transactions } = runScenario(scenario, "1", { mode: "in place", checks: [] });
  expect(transactions.unknown).toBeGreaterThan(0);
  expect(transactions.unknown).toBeLessThanOrEqual(10);
  expect(transactions.committed).toBeGreaterThan(50);
});

test("loss and duplication end at what the scenario has without them", () => {
  const world = simulate({
    network: { loss: 0.1, duplication: 0.2 },
    faults: [
      { when: { at: "1s" }, fault: { kind: "loss", rate: 0.5 }, forUs: "1s" },
      { when: { at: "1s" }, fault: { kind: "duplication", rate: 0.6 }, forUs: "1s" },
    ],
  });
  const { network } = world.state;
  runUntil(world, 1_500_000);
  expect([network.loss, network.duplication]).toEqual([0.5, 0.6]);
  runUntil(world, 2_500_000);
  expect([network.loss, network.duplication]).toEqual([0.1, 0.2]);
});

test("a run ends once a cluster whose nodes crashed and came back is at rest", () => {
  const scenario = parseScenario({
    name: "back",
    duration: "2s",
    settle: "60s",
    faults: [{ when: { at: "1s" }, fault: { kind: "crash", node: 2 }, forUs: "500ms" }],
  });
  const result = runScenario(scenario, "1", { mode: "in place", checks: [] });
  expect(result.virtualUs).toBeLessThan(10_000_000);
});

test("a node that is down at the end of a fault is not started twice", () => {
  const world = simulate({
    faults: [
      { when: { at: "1s" }, fault: { kind: "crash", node: 2 }, forUs: "500ms" },
      { when: { at: "1600ms" }, fault: { kind: "restart", node: 2 } },
    ],
  });
  runUntil(world, 4_000_000);
  expect(world.state.machines[2]?.incarnation).toBe(1);
  expect(world.state.scheduled).toBe(0);
  expect(isQuiet(world)).toBe(true);
});

test("what reached a paused node before its link was cut is taken before what meets the cut", () => {
  const world = simulate({
    faults: [
      { when: { at: "1s" }, fault: { kind: "pause", node: 2 }, forUs: "1s" },
      { when: { at: "1500ms" }, fault: { kind: "cut", from: [1], to: [2] }, forUs: "1s" },
    ],
  });
  const clocks: number[] = [];
  world.record = (_time, node, input) => {
    if (node !== 2 || input.type !== "message" || input.from !== 1) return;
    if (input.message.type === "heartbeat") clocks.push(input.message.clock);
  };
  runUntil(world, 4_000_000);
  expect(clocks.length).toBeGreaterThan(20);
  expect(clocks).toEqual([...clocks].sort((one, other) => one - other));
});

test("a machine that has lost its disk crashes and starts like any other", () => {
  const world = simulate({
    faults: [
      { when: { at: "1s" }, fault: { kind: "lose disk", node: 3 }, forUs: "500ms" },
      { when: { at: "3s" }, fault: { kind: "crash", node: 3 }, forUs: "500ms" },
    ],
  });
  runUntil(world, 5_000_000);
  expect(world.state.machines[3]).toMatchObject({
    up: true,
    incarnation: 2,
    state: { membership: { lost: true } },
  });
});
