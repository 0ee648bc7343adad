/** The host's contract (protocol/effects.ts), tried with a node that emits what the test tells it to. */
import { describe, expect, test } from "vitest";
import type { Effect } from "../../protocol/effects.ts";
import type { Input } from "../../protocol/inputs.ts";
import type { Step } from "../../protocol/node.ts";
import type { Fact } from "../../scenarios/facts.ts";
import { parseScenario, type ScenarioInput } from "../../scenarios/scenario.ts";
import { createSimulation, runUntil } from "./simulation.ts";
import type { SimWorld } from "./world.ts";

const FSYNC_US = 1_000;
const TRIP_US = 10;

function send(gid: number, unordered?: true): Effect {
  const message = { type: "finished", gid } as const;
  return unordered ? { type: "send", to: 2, message, unordered } : { type: "send", to: 2, message };
}

function persist(gid: number, forced = true): Effect {
  return {
    type: "persist",
    record: { kind: "refused", gid, generation: 1, members: 3, configured: 3 },
    forced,
  };
}

interface Played {
  readonly world: SimWorld;
  /** "sent 5 at 1000" and the like, of node 1. */
  readonly told: string[];
  /** Inputs of each node after the first "started" ones. */
  readonly inputs: { node: number; at: number; input: Input }[];
}

/** Node 1 emits `effects` when it is first started; everybody else emits nothing. */
function play(effects: readonly Effect[], changes: Partial<ScenarioInput> = {}, until = 50_000): Played {
  const scenario = parseScenario({
    name: "contract",
    nodes: 2,
    workload: { kind: "register", nodes: [1], operations: 1, start: "60s" },
    network: { latency: TRIP_US },
    disk: { fsync: FSYNC_US, unsynced: "lost" },
    database: { restart: "1ms" },
    ...changes,
  });
  const told: string[] = [];
  const inputs: Played["inputs"] = [];
  let started = false;
  const step: Step = (state, input, emit) => {
    if (state.config.node !== 1 || input.type !== "started" || started) return;
    started = true;
    for (const effect of effects) emit(effect);
  };
  const world = createSimulation(scenario, "1", { mode: "in place", keepHistory: false, step }, (created) => {
    created.observe = (fact, at) => {
      const line = describeFact(fact);
      if (line !== null) told.push(`${line} at ${at}`);
    };
    created.record = (at, node, input) => inputs.push({ node, at, input });
  });
  runUntil(world, until);
  return { world, told, inputs: inputs.slice(2) };
}

function describeFact(fact: Fact): string | null {
  if (fact.type === "sent" && fact.message.type === "finished") return `sent ${fact.message.gid}`;
  if (fact.type === "recorded" && fact.record.kind === "refused") return `durable ${fact.record.gid}`;
  return null;
}

describe("effects", () => {
  test("are carried out in order, and what stands behind a forced write only when it is durable", () => {
    const { told } = play([send(1), persist(2), send(3), send(4)]);
    expect(told).toEqual(["sent 1 at 0", "durable 2 at 1000", "sent 3 at 1000", "sent 4 at 1000"]);
  });

  test("that are unordered overtake a forced write, and nothing else does", () => {
    const { told } = play([persist(1), send(2), send(3, true), send(4)]);
    expect(told).toEqual(["sent 3 at 0", "durable 1 at 1000", "sent 2 at 1000", "sent 4 at 1000"]);
  });

  test("do not wait for a write that is not forced, which becomes durable with the next fsync", () => {
    const { told } = play([persist(1, false), send(2), persist(3), send(4)]);
    expect(told).toEqual(["sent 2 at 0", "durable 1 at 1000", "durable 3 at 1000", "sent 4 at 1000"]);
  });

  test("behind several writes wait for theirs alone: one fsync serves all that were asked for before it began", () => {
    const { told } = play([persist(1), send(2), persist(3), send(4), persist(5), send(6)]);
    expect(told).toEqual([
      "durable 1 at 1000",
      "sent 2 at 1000",
      "durable 3 at 2000",
      "durable 5 at 2000",
      "sent 4 at 2000",
      "sent 6 at 2000",
    ]);
  });
});

describe("a crash at an effect boundary", () => {
  const crashAt = (site: string, when: "before" | "after", nth = 1): Partial<ScenarioInput> => ({
    faults: [{ when: { on: { node: 1, site, when, nth } }, fault: { kind: "crash", node: 1 }, forUs: "5ms" }],
  });

  test("before a message: it was never sent, nor anything behind it", () => {
    expect(play([send(1), send(2), send(3)], crashAt("send finished", "before", 2)).told).toEqual([
      "sent 1 at 0",
    ]);
  });

  test("after a message: it was sent, and arrives, and nothing behind it was", () => {
    const { told, inputs } = play([send(1), send(2), send(3)], crashAt("send finished", "after", 2));
    expect(told).toEqual(["sent 1 at 0", "sent 2 at 0"]);
    const arrived = inputs.filter(({ node, input }) => node === 2 && input.type === "message");
    expect(arrived.map(({ at }) => at)).toEqual([TRIP_US, TRIP_US]);
  });

  test("after a forced write began: what is behind it is never sent, and the write is lost", () => {
    const { told, inputs } = play([persist(1), send(2)], crashAt("persist refused", "after"));
    expect(told).toEqual([]);
    const restarted = inputs.find(({ node, input }) => node === 1 && input.type === "started");
    expect(restarted?.input).toMatchObject({ records: [] });
  });

  test("after what a durable write allowed: the restarted node is told of the write", () => {
    const { told, inputs } = play([persist(1), send(2), send(3)], crashAt("send finished", "after"));
    expect(told).toEqual(["durable 1 at 1000", "sent 2 at 1000"]);
    const restarted = inputs.find(({ node, input }) => node === 1 && input.type === "started");
    expect(restarted?.at).toBe(1_000 + 5_000 + 1_000);
    expect(restarted?.input).toMatchObject({ records: [{ kind: "refused", gid: 1 }] });
  });

  test("of the receiver: what was on its way to it is lost", () => {
    const { inputs } = play([send(1)], {
      faults: [{ when: { at: 5 }, fault: { kind: "crash", node: 2 }, forUs: 2 }],
      database: { restart: 1 },
    });
    expect(inputs.filter(({ input }) => input.type === "message")).toEqual([]);
  });
});

describe("a pause", () => {
  test("holds what comes, and gives it in order when it ends", () => {
    const { inputs } = play([send(1), send(2)], {
      faults: [{ when: { at: 5 }, fault: { kind: "pause", node: 2 }, forUs: 20_000 }],
    });
    const messages = inputs.filter(({ input }) => input.type === "message");
    expect(messages.map(({ at, input }) => [at, "message" in input ? input.message : null])).toEqual([
      [20_005, { type: "finished", gid: 1 }],
      [20_005, { type: "finished", gid: 2 }],
    ]);
  });

  test("in the middle of a step holds the rest of its effects", () => {
    const { told } = play([send(1), send(2), persist(3), send(4)], {
      faults: [
        {
          when: { on: { node: 1, site: "send finished", when: "before", nth: 2 } },
          fault: { kind: "pause", node: 1 },
          forUs: 7_000,
        },
      ],
    });
    expect(told).toEqual(["sent 1 at 0", "sent 2 at 7000", "durable 3 at 8000", "sent 4 at 8000"]);
  });

  test("stops no clock: timers that fell due meanwhile fire at its end, once each", () => {
    const timer: Effect = { type: "setTimer", timer: "heartbeat", afterUs: 1_000 };
    const { inputs } = play([timer], {
      faults: [{ when: { at: 5 }, fault: { kind: "pause", node: 1 }, forUs: 9_000 }],
    });
    const fired = inputs.filter(({ input }) => input.type === "timer");
    expect(fired.map(({ at, input }) => [at, input.now - 1_000_000_000])).toEqual([[9_005, 9_005]]);
  });
});

describe("a timer", () => {
  test("fires once, at its last setting, and not at all once it is cancelled", () => {
    const set = (timer: "heartbeat" | "deadlock", afterUs: number): Effect => ({
      type: "setTimer",
      timer,
      afterUs,
    });
    const { inputs } = play([
      set("heartbeat", 100),
      set("heartbeat", 300),
      set("deadlock", 200),
      { type: "cancelTimer", timer: "deadlock" },
    ]);
    expect(inputs.map(({ at, input }) => [at, input.type])).toEqual([[300, "timer"]]);
  });

  test("follows the node's own oscillator", () => {
    const { inputs } = play([{ type: "setTimer", timer: "heartbeat", afterUs: 1_000 }], {
      clocks: [{ node: 1, ppm: 1_000_000 }],
    });
    expect(inputs.map(({ at }) => at)).toEqual([500]);
  });
});
