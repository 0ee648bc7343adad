/**
 * One run: a scenario and a seed, from the first event to the verdicts.
 *
 * Clients begin transactions for the scenario's `duration`; then the cluster has `settle` to come to rest. The run is
 * over as soon as nothing is under way and no fault is still to come.
 */
import type { Csn } from "../protocol/csn.ts";
import type { Gid } from "../protocol/gid.ts";
import { valuesOf } from "../protocol/keyed.ts";
import { contains } from "../protocol/members.ts";
import type { Step } from "../protocol/node.ts";
import type { LocalPhase } from "../protocol/state.ts";
import { ProtocolViolation } from "../protocol/violation.ts";
import type { Check, EndedNode, EndedRun, Finding } from "../scenarios/checks/check.ts";
import { createExaminer } from "../scenarios/checks/examiner.ts";
import { checkIsolation, type IsolationReport } from "../scenarios/checks/isolation/check-isolation.ts";
import { checkPrefix } from "../scenarios/checks/isolation/prefix.ts";
import { rowHistory } from "../scenarios/checks/isolation/row-history.ts";
import { committedTransactions } from "../scenarios/checks/isolation/transactions.ts";
import type { Ledger } from "../scenarios/checks/ledger.ts";
import { stallsOf } from "../scenarios/checks/progress.ts";
import { latestConfigured, suspectsTheHealthy, unhealed } from "../scenarios/checks/service.ts";
import { isIdle } from "../scenarios/director.ts";
import type { ClientOutcome, Micros } from "../scenarios/history.ts";
import type { Level } from "../scenarios/levels.ts";
import { type Costs, costsOf, createMeasures, measureFact } from "../scenarios/measures.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { createWorkload } from "../scenarios/workloads/workloads.ts";
import { showHash } from "./engine/hash.ts";
import { createSimulation, runUntil } from "./engine/simulation.ts";
import type { FactSink, Machine, SimWorld } from "./engine/world.ts";
import { linkOf } from "./network.ts";
import { dumpSchema, dumpTable, recovered, replicatedTables } from "./postgres/server.ts";

export interface RunOptions {
  readonly mode: "in place" | "reduce";
  /** None: only the trace is wanted. */
  readonly checks: readonly Check[];
  /** Other rules than the real ones: a mutant's. */
  readonly step?: Step | undefined;
  /** Is told of every fact beside the checks. */
  readonly observe?: FactSink | undefined;
  /** Sees the world before its first event. */
  readonly attach?: ((world: SimWorld) => void) | undefined;
  /** Told now and then how far the run is. */
  readonly progress?: ((at: Micros, events: number) => void) | undefined;
}

export interface RunResult {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly hash: string;
  readonly events: number;
  readonly virtualUs: Micros;
  readonly findings: ReadonlyMap<string, Finding>;
  /** The strongest isolation level that held; null if there was nothing to judge. */
  readonly isolation: Level | null;
  /** What is still in doubt at the end, where the protocol may block. */
  readonly stalls: readonly string[];
  /** Faults of the scenario, by their place in it, whose effect never came. */
  readonly dormantFaults: readonly number[];
  /** Null if no check ran. */
  readonly costs: Costs | null;
  readonly transactions: Readonly<Record<ClientOutcome, number>>;
}

/** How much virtual time passes between two reports of progress, and looks whether the cluster is at rest. */
const SLICE_US = 100_000;

export function runScenario(scenario: Scenario, seed: string, options: RunOptions): RunResult {
  const watching = options.checks.length > 0;
  const examiner = createExaminer(options.checks, scenario);
  const measures = createMeasures();
  const examine: FactSink = (fact, at) => {
    measureFact(measures, fact);
    examiner.take(fact, at);
    options.observe?.(fact, at);
  };
  const world = createSimulation(
    scenario,
    seed,
    { mode: options.mode, keepHistory: watching, step: options.step },
    (created) => {
      created.observe = watching ? examine : (options.observe ?? null);
      options.attach?.(created);
    },
  );
  const violation = play(world, options);
  const run = describeEnd(world, examiner.ledger, violation);
  return {
    scenario,
    seed,
    hash: showHash(world.state.hash),
    events: world.state.events,
    virtualUs: world.state.queue.time,
    findings: examiner.end(run),
    isolation: watching ? reachedLevel(run.isolation()) : null,
    stalls: run.quiet ? [] : stallsOf(run).map(({ sentence }) => sentence),
    dormantFaults: world.state.armed.map(({ index }) => index),
    costs: watching ? costsOf(measures, examiner.ledger, run.history) : null,
    transactions: world.director.state.ended,
  };
}

/** Whether a transaction is under way at any node that is up, a client waits, or the cluster has not healed itself though it can. */
export function isQuiet(world: SimWorld): boolean {
  if (!isIdle(world.director)) return false;
  const { machines, network } = world.state;
  const canHear = (from: number, to: number): boolean => !linkOf(network, "messages", from, to).cut;
  const settles = suspectsTheHealthy(world.scenario) === null;
  if (settles && unhealed(machines, canHear) !== null) return false;
  const configured = latestConfigured(machines);
  return machines.every(
    (machine) => !machine.up || !contains(configured, machine.node) || !isAtWork(machine),
  );
}

/** Runs to the end; the complaint of a reducer that threw, or null. */
function play(world: SimWorld, options: RunOptions): string | null {
  const { duration, settle } = world.scenario;
  try {
    for (let until = SLICE_US; until < duration; until += SLICE_US) advance(world, until, options);
    for (let until = duration; until <= duration + settle; until += SLICE_US) {
      advance(world, until, options);
      if (world.state.scheduled === 0 && isQuiet(world)) break;
    }
    return null;
  } catch (error) {
    if (error instanceof ProtocolViolation) return error.message;
    throw error;
  }
}

function advance(world: SimWorld, until: Micros, options: RunOptions): void {
  runUntil(world, until);
  options.progress?.(until, world.state.events);
}

const AT_WORK: ReadonlySet<LocalPhase> = new Set<LocalPhase>([
  "applying",
  "preparing",
  "prepared",
  "held",
  "committing",
  "rolling back",
]);

function isAtWork(machine: Machine): boolean {
  return valuesOf(machine.state.transactions).some(({ local }) => AT_WORK.has(local));
}

function describeEnd(world: SimWorld, ledger: Ledger, violation: string | null): EndedRun {
  const { machines, network, queue } = world.state;
  const { history } = world.director.state;
  const { snapshot, workload, nodes } = world.scenario;
  const units = once(() => {
    const { tables } = createWorkload(workload, nodes);
    return committedTransactions(rowHistory(history, tables), tables, committedGids(ledger));
  });
  const canHear = (from: number, to: number): boolean => !linkOf(network, "messages", from, to).cut;
  return {
    scenario: world.scenario,
    endedAt: queue.time,
    history,
    nodes: machines.map((machine) => describeNode(machine)),
    healed: isHealed(world),
    quiet: isQuiet(world),
    isolation: once(() => checkIsolation(units(), snapshot !== "local")),
    prefix: once(() => checkPrefix(units())),
    violation,
    canHear,
  };
}

/** Null if the history has too little to judge. */
function reachedLevel({ strongest, levels }: IsolationReport): Level | null {
  return levels["read committed"] === "not exercised" ? null : strongest;
}

function once<Value>(compute: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= compute();
    return value;
  };
}

function committedGids({ entries }: Ledger): Map<Gid, Csn> {
  const committed = new Map<Gid, Csn>();
  for (const { gid, csn, committed: nodes } of entries.values()) {
    if (nodes !== 0) committed.set(gid, csn);
  }
  return committed;
}

function isHealed(world: SimWorld): boolean {
  const { machines, network } = world.state;
  const configured = latestConfigured(machines);
  if (
    network.links.some(({ cut, from, to }) => cut && contains(configured, from) && contains(configured, to))
  )
    return false;
  return machines.every(
    ({ node, up, paused, lost }) => !contains(configured, node) || (up && !paused && !lost),
  );
}

function describeNode(machine: Machine): EndedNode {
  const { node, up, paused, state, server } = machine;
  return {
    node,
    up,
    paused,
    state,
    tables: replicatedTables(server).map((definition) => ({
      definition,
      rows: dumpTable(server, definition.name),
    })),
    schema: dumpSchema(server),
    prepared: recovered(server).prepared,
  };
}
