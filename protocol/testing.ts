/** A node on a bench, for tests of single rules: it takes inputs and keeps what it emits. */
import type { NodeConfig } from "./config.ts";
import type { Csn } from "./csn.ts";
import type { PreparedChange, PrepareLabel } from "./database.ts";
import type { Effect } from "./effects.ts";
import { makeGid } from "./gid.ts";
import type { Input } from "./inputs.ts";
import { firstNodes } from "./members.ts";
import { firstGeneration } from "./membership/generation.ts";
import type { Heartbeat, Message } from "./messages.ts";
import { step } from "./node.ts";
import { initialState, type NodeState } from "./state.ts";

export interface Bench {
  readonly state: NodeState;
  /** What the wall clock shows. */
  now: Csn;
  /** Everything emitted since it was last looked at. */
  readonly emitted: Effect[];
}

/** An input without its clock reading. */
type Timeless = Input extends infer Each ? (Each extends Input ? Omit<Each, "now"> : never) : never;

export const START: Csn = 1_000_000;

/** A started node 1 of three, which has heard both others' clocks. */
export function startBench(
  config: Partial<NodeConfig> = {},
  started: Partial<Input & { type: "started" }> = {},
): Bench {
  const bench = createBench(config);
  give(bench, {
    type: "started",
    records: [],
    prepared: [],
    outcomes: [],
    finished: [],
    ...started,
  });
  for (let peer = 2; peer <= bench.state.config.nodes; peer++) {
    hear(bench, peer, heartbeatOf(bench, { finishedBelow: makeGid(peer, 1) }));
  }
  bench.emitted.length = 0;
  return bench;
}

/** What a peer says that is in the first generation and hears everybody. */
export function heartbeatOf(bench: Bench, heartbeat: Partial<Heartbeat> = {}): Heartbeat {
  const generation = firstGeneration(bench.state.config.initial);
  return {
    type: "heartbeat",
    finishedBelow: 0,
    clock: START,
    generation,
    donors: generation.members,
    lastOnlineIn: 1,
    heard: generation.members,
    stampsAbove: 0,
    holds: [],
    doubts: null,
    keepFrom: 0,
    slot: "reaches back",
    slotBegin: 0,
    joining: false,
    ...heartbeat,
  };
}

export function createBench(config: Partial<NodeConfig> = {}): Bench {
  const state = initialState({
    node: 1,
    nodes: 3,
    referee: 0,
    initial: firstNodes(config.nodes ?? 3),
    commit: "2pc",
    snapshot: "local",
    membership: "fixed",
    syncpointBeats: 10,
    maxKeptBytes: 0,
    heartbeatUs: 100_000,
    suspectBeats: 10,
    voteBeats: 20,
    resendBeats: 3,
    resolveBeats: 5,
    deadlockUs: 10_000,
    maxDriftUs: 500_000,
    skew: "wait",
    clockReserveUs: 250_000,
    snapshotAgeUs: 0,
    waitPeerCommits: false,
    monotonicSequences: false,
    ...config,
  });
  return { state, now: START, emitted: [] };
}

/** The node takes one input; returns what it emitted for it. */
export function give(bench: Bench, input: Timeless): Effect[] {
  const effects: Effect[] = [];
  step(bench.state, { ...input, now: bench.now } as Input, (effect) => effects.push(effect));
  bench.emitted.push(...effects);
  return effects;
}

export function hear(bench: Bench, from: number, message: Message): Effect[] {
  return give(bench, { type: "message", from, message });
}

/** A heartbeat timer fires, a beat later. */
export function beat(bench: Bench): Effect[] {
  bench.now += bench.state.config.heartbeatUs;
  return give(bench, { type: "timer", timer: "heartbeat" });
}

/** Client 1 updates a row and commits, up to and with PREPARE; its gid. */
export function prepareOwn(bench: Bench): number {
  give(bench, {
    type: "request",
    session: 1,
    request: { type: "begin", isolation: "repeatable read", age: 0 },
  });
  give(bench, { type: "database", reply: { type: "begun", session: 1 } });
  const statement = { type: "delete", table: "t", key: 1 } as const;
  give(bench, { type: "request", session: 1, request: { type: "execute", statement } });
  const result = { rows: [], versions: [], count: 1, replaced: 0, snapshot: { csn: 0, count: 0 } };
  give(bench, { type: "database", reply: { type: "executed", session: 1, result, wrote: true } });
  const effects = give(bench, { type: "request", session: 1, request: { type: "commit" } });
  const { gid } = labelIn(effects);
  give(bench, { type: "database", reply: { type: "prepared", gid } });
  return gid;
}

/** Node 2's transaction with this sequence number arrives, is applied and prepared; its gid. */
export function prepareRemote(bench: Bench, sequence: number): number {
  const change = changeOf(2, sequence);
  const { gid } = change.label;
  give(bench, { type: "change", from: 2, change });
  give(bench, { type: "database", reply: { type: "applied", gid } });
  give(bench, { type: "database", reply: { type: "prepared", gid } });
  return gid;
}

export function changeOf(
  coordinator: number,
  sequence: number,
  label: Partial<PrepareLabel> = {},
): PreparedChange {
  const gid = makeGid(coordinator, sequence);
  return {
    kind: "prepared",
    lsn: sequence * 100,
    label: {
      gid,
      generation: 1,
      members: 7,
      configured: 7,
      recovered: false,
      age: 1,
      coordinatorStamp: START,
      stamp: START,
      ...label,
    },
    rows: [],
    locks: [],
  };
}

function labelIn(effects: readonly Effect[]): PrepareLabel {
  for (const effect of effects) {
    if (effect.type === "database" && effect.command.type === "prepare") return effect.command.label;
  }
  throw new Error("nothing was prepared");
}
