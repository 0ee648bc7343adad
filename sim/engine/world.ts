/**
 * The simulated world: its state, which is data and nothing else, and around it what cannot be cloned (random streams,
 * the functions that connect its parts, and who watches).
 */
import type { Effect, Emit, TimerName } from "../../protocol/effects.ts";
import type { Input } from "../../protocol/inputs.ts";
import type { NodeId, NodeSet } from "../../protocol/members.ts";
import { step as realStep, type Step } from "../../protocol/node.ts";
import { initialState, type NodeState } from "../../protocol/state.ts";
import { createDirector, type Director } from "../../scenarios/director.ts";
import type { Fact } from "../../scenarios/facts.ts";
import type { Separation } from "../../scenarios/faults.ts";
import type { Micros } from "../../scenarios/history.ts";
import { mutantNamed } from "../../scenarios/mutants/mutants.ts";
import type { Random } from "../../scenarios/random.ts";
import { sample } from "../../scenarios/sampling.ts";
import { firstMembers, nodeConfig, type Scenario } from "../../scenarios/scenario.ts";
import type { Workload } from "../../scenarios/workloads/workload.ts";
import { createWorkload } from "../../scenarios/workloads/workloads.ts";
import type { World } from "../../scenarios/world.ts";
import { type Clock, createClock } from "../clock.ts";
import { createFile, type DiskFile } from "../disk.ts";
import { createLog, type Log } from "../log.ts";
import { createNetwork, type Network } from "../network.ts";
import { createServer, loadRows } from "../postgres/server.ts";
import type { Server, ServerHost } from "../postgres/state.ts";
import type { Spool } from "../spool.ts";
import { createHash, type TraceHash } from "./hash.ts";
import { KIND, nodeTarget } from "./kinds.ts";
import { createQueue, type EventQueue, push } from "./queue.ts";
import { createStreams, type RandomStreams, streamOf } from "./random.ts";

export interface SimWorld {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly options: WorldOptions;
  state: WorldState;
  streams: RandomStreams;
  /** Of the streams, those that are drawn from all the time. */
  draws: Draws;
  readonly director: Director;
  readonly step: Step;
  /** By node: where its effects go, and what its PostgreSQL asks of the machine. */
  readonly emitters: Emit[];
  readonly hosts: ServerHost[];
  /** Told of every fact, if anybody wants to know. */
  observe: FactSink | null;
  /** Told of every event before the node takes it, if a trace is kept. */
  record: ((time: Micros, node: NodeId, input: Input) => void) | null;
  /** Carries out the fault of an armed trigger. */
  trigger: ((armed: ArmedTrigger) => void) | null;
}

export interface Draws {
  /** By index of link, as in the network. */
  readonly links: readonly Random[];
  /** By node. */
  readonly disks: readonly Random[];
  readonly databases: readonly Random[];
  readonly clients: Random;
}

export type FactSink = (fact: Fact, at: Micros) => void;

export interface WorldOptions {
  /** How nodes take their steps; nothing may depend on it. */
  readonly mode: "in place" | "reduce";
  readonly keepHistory: boolean;
  /** Other rules than the real ones: a mutant's. */
  readonly step?: Step | undefined;
}

export interface WorldState {
  readonly queue: EventQueue;
  /** Inputs taken by nodes so far. */
  events: number;
  readonly hash: TraceHash;
  /** By node; entry 0 is unused. */
  readonly machines: Machine[];
  readonly network: Network;
  /** Faults at effect boundaries that have not happened yet. */
  readonly armed: ArmedTrigger[];
  /** Cuts and partitions that have not ended, with their numbers. */
  separations: { readonly number: number; readonly separation: Separation }[];
  /** How many there have been. */
  separated: number;
  /** Faults, undoings and restarts that are still to come at a time. */
  scheduled: number;
  /** While a majority is left alone: the others. */
  frozen: NodeSet | null;
}

/** One node's machine: the reducer's state, its PostgreSQL, its clock and its disk. */
export interface Machine {
  readonly node: NodeId;
  up: boolean;
  paused: boolean;
  /** Rises with every crash: what was under way before never arrives. */
  incarnation: number;
  state: NodeState;
  server: Server;
  readonly clock: Clock;
  readonly wal: DiskFile;
  log: Log;
  /** Its log and database were lost. */
  lost: boolean;
  /** fsyncs take so many times as long as usual. */
  fsyncFactor: number;
  /** Effects that wait behind a forced log write, with the write's position where it stands. */
  readonly outbox: (Effect | number)[];
  /** Pieces of large transactions that still run elsewhere. */
  readonly spool: Spool;
  /** What happened to the machine while it was paused. */
  readonly backlog: Postponed[];
  /** Version of each timer's present setting: an earlier one never fires. */
  readonly timers: Record<TimerName, number>;
  /** Replies come in the order in which they were ready. */
  lastReply: Micros;
}

export interface Postponed {
  readonly kind: number;
  readonly target: number;
  readonly payload: unknown;
}

/** A scheduled fault that waits for an effect. */
export interface ArmedTrigger {
  /** Its place in the scenario's faults. */
  readonly index: number;
  remaining: number;
}

export function createWorld(scenario: Scenario, seed: string, options: WorldOptions): SimWorld {
  const workload = createWorkload(scenario.workload, scenario.nodes);
  const offered = offer(() => world);
  const director = createDirector(offered, workload, scenario.duration, options.keepHistory);
  const state = createState(scenario, workload);
  const streams = createStreams(seed);
  const world: SimWorld = {
    scenario,
    seed,
    options,
    state,
    streams,
    draws: drawsOf(streams, state.network),
    director,
    step: options.step ?? stepOf(scenario),
    emitters: [],
    hosts: [],
    observe: null,
    record: null,
    trigger: null,
  };
  return world;
}

export function machineOf(world: SimWorld, node: NodeId): Machine {
  const machine = world.state.machines[node];
  if (machine === undefined) throw new Error(`there is no node ${node}`);
  return machine;
}

export function drawsOf(streams: RandomStreams, { links, nodes }: Network): Draws {
  const byNode = (what: string): Random[] =>
    Array.from({ length: nodes + 1 }, (_, node) => streamOf(streams, `${what}/${node}`));
  return {
    links: links.map(({ channel, from, to }) => streamOf(streams, `network/${channel}/${from}>${to}`)),
    disks: byNode("disk"),
    databases: byNode("database"),
    clients: streamOf(streams, "clients"),
  };
}

/** What a started node is: nothing but its configuration. */
export function freshState(scenario: Scenario, node: NodeId): NodeState {
  return initialState(nodeConfig(scenario, node));
}

const SECOND = 1_000_000;

function stepOf(scenario: Scenario): Step {
  return scenario.mutant === null ? realStep : mutantNamed(scenario.mutant).step;
}

/** The world as its scenario sees it. */
function offer(world: () => SimWorld): World {
  return {
    now: () => world().state.queue.time,
    random: (stream) => streamOf(world().streams, stream),
    wake: (client, afterUs) => {
      const { queue } = world().state;
      push(queue, queue.time + afterUs, KIND.wake, client, null);
    },
    request: (node, session, request) => {
      const { scenario, state, draws } = world();
      const machine = state.machines[node] as Machine;
      if (!machine.up) return false;
      const { queue } = state;
      const due = queue.time + sample(scenario.database.client, draws.clients);
      push(queue, due, KIND.request, nodeTarget(node, machine.incarnation), { session, request });
      return true;
    },
  };
}

function createState(scenario: Scenario, workload: Workload<unknown>): WorldState {
  const machines: Machine[] = [];
  for (let node = 0; node <= scenario.nodes; node++) machines.push(createMachine(scenario, workload, node));
  return {
    queue: createQueue(),
    events: 0,
    hash: createHash(),
    machines,
    network: createNetwork(scenario.network, scenario.nodes),
    armed: [],
    separations: [],
    separated: 0,
    scheduled: 0,
    frozen: null,
  };
}

function createMachine(scenario: Scenario, workload: Workload<unknown>, node: NodeId): Machine {
  const clock = scenario.clocks.find((entry) => entry.node === node);
  return {
    node,
    up: false,
    paused: false,
    incarnation: 0,
    state: freshState(scenario, node),
    server: loadedServer(scenario, workload, node),
    clock: createClock(clock?.offset ?? 0, clock?.ppm ?? 0),
    wal: createFile(),
    log: createLog(),
    lost: false,
    fsyncFactor: 1,
    outbox: [],
    spool: new Map(),
    backlog: [],
    timers: { heartbeat: 0, deadlock: 0, "commit queue": 0, snapshot: 0 },
    lastReply: 0,
  };
}

/** As it is when the cluster is made. */
export function loadedServer(scenario: Scenario, workload: Workload<unknown>, node: NodeId): Server {
  const peers: NodeId[] = [];
  for (let peer = 1; peer <= scenario.nodes; peer++) if (peer !== node) peers.push(peer);
  const server = createServer({
    node,
    peers,
    subscribers: firstMembers(scenario),
    tables: workload.tables,
    sequences: workload.sequences ?? [],
    csnVisibility: scenario.snapshot === "clock-si",
    // Longer than a snapshot can be late by clock drift, its own age, and a command's way.
    csnRetentionUs: 2 * scenario.protocol.maxDrift + scenario.protocol.snapshotAge + SECOND,
    slotSaveBytes: scenario.database.slotSaveBytes,
    decodingMemoryRows: scenario.database.decodingMemoryRows,
    lockTimeoutUs: scenario.database.lockTimeout,
    deadlockTimeoutUs: scenario.database.deadlockTimeout,
  });
  for (const { name } of workload.tables) loadRows(server, name, workload.rows[name] ?? []);
  return server;
}
