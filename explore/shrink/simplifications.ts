/**
 * What may be simpler in a scenario: each of these offers scenarios that are one thing simpler than the one it is given,
 * the boldest first. None of them adds anything, so taking any until none is left comes to an end.
 */
import fc from "fast-check";
import type { ScheduledFault } from "../../scenarios/faults.ts";
import { type Scenario, scenarioSchema } from "../../scenarios/scenario.ts";
import { usualWorkload } from "./minimal-input.ts";

export type Simplification = (scenario: Scenario) => Iterable<Scenario>;

/** In the order in which they are tried, from what saves most. */
export const SIMPLIFICATIONS: Readonly<Record<string, Simplification>> = {
  "no nemesis": withoutNemesis,
  "fewer faults": withFewerFaults,
  "everything sooner": withSoonerFaults,
  "an earlier end": withEarlierEnd,
  "fewer clients": withFewerClients,
  "fewer nodes": withFewerNodes,
  "a usual world": withUsualParts,
  "a usual workload": withUsualWorkload,
  "plainer faults": withPlainerFaults,
};

function* withoutNemesis(scenario: Scenario): Iterable<Scenario> {
  const { nemesis } = scenario;
  if (nemesis === null) return;
  yield { ...scenario, nemesis: null };
  if (nemesis.kinds.length === 1) return;
  for (const kind of nemesis.kinds) {
    yield { ...scenario, nemesis: { ...nemesis, kinds: nemesis.kinds.filter((one) => one !== kind) } };
  }
}

/** Delta debugging (Zeller, Hildebrandt, TSE 2002): halves, quarters and so on are left out, down to single faults. */
function* withFewerFaults(scenario: Scenario): Iterable<Scenario> {
  const { faults } = scenario;
  for (let size = faults.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < faults.length; start += size) {
      yield { ...scenario, faults: [...faults.slice(0, start), ...faults.slice(start + size)] };
    }
  }
}

/** All faults, and the end, so many times sooner: what went well before the first of them is left out. */
function* withSoonerFaults(scenario: Scenario): Iterable<Scenario> {
  const { duration, faults } = scenario;
  const latest = Math.max(0, ...faults.map(timeOf));
  if (latest < 2_000) return;
  for (const times of [10, 4, 2]) {
    const sooner = (us: number): number => Math.round(us / times / 1_000) * 1_000;
    yield {
      ...scenario,
      duration: Math.max(1_000, sooner(duration)),
      faults: faults.map((scheduled) => faultSooner(scheduled, sooner)),
    };
  }
}

function timeOf({ when }: ScheduledFault): number {
  return "at" in when ? when.at : when.on.from;
}

function faultSooner(scheduled: ScheduledFault, sooner: (us: number) => number): ScheduledFault {
  const { when } = scheduled;
  if ("at" in when) return { ...scheduled, when: { at: sooner(when.at) } };
  return { ...scheduled, when: { on: { ...when.on, from: sooner(when.on.from) } } };
}

/** The time to settle stays: with less of it, a run that is only not yet over would look like one that never ends. */
function* withEarlierEnd(scenario: Scenario): Iterable<Scenario> {
  for (const duration of smaller(scenario.duration, 1_000)) yield { ...scenario, duration };
}

function* withFewerClients(scenario: Scenario): Iterable<Scenario> {
  const { workload, nodes } = scenario;
  const offer = (changes: object): Scenario => ({
    ...scenario,
    workload: { ...workload, ...changes } as never,
  });
  for (const [field, least] of COUNTS) {
    const count = (workload as Record<string, unknown>)[field];
    if (typeof count === "number") for (const fewer of smaller(count, least)) yield offer({ [field]: fewer });
  }
  if (workload.kind === "script")
    for (const clients of shorterScripts(workload.clients)) yield offer({ clients });
  if (workload.kind !== "bank" && workload.kind !== "register") return;
  const own = workload.nodes ?? Array.from({ length: nodes }, (_, index) => index + 1);
  if (own.length > 1) for (const left of own) yield offer({ nodes: own.filter((node) => node !== left) });
  if (workload.operations === undefined) for (const operations of [1, 2, 5]) yield offer({ operations });
}

type Script = Extract<Scenario["workload"], { kind: "script" }>["clients"];

/** Without one client, one transaction, one command. */
function* shorterScripts(clients: Script): Iterable<Script> {
  if (clients.length > 1) for (const [index] of clients.entries()) yield clients.toSpliced(index, 1);
  for (const [index, client] of clients.entries()) {
    const { transactions } = client;
    for (const [place, commands] of transactions.entries()) {
      yield clients.with(index, { ...client, transactions: transactions.toSpliced(place, 1) });
      for (const [step] of commands.entries()) {
        const fewer = transactions.with(place, commands.toSpliced(step, 1));
        yield clients.with(index, { ...client, transactions: fewer });
      }
    }
  }
}

/** The counts of all workloads, with the least that each may be. */
const COUNTS = [
  ["transfers", 0],
  ["totals", 0],
  ["clients", 1],
  ["readers", 0],
  ["operations", 1],
  ["accounts", 2],
  ["keys", 1],
  ["pairs", 1],
  ["parents", 1],
] as const;

/** The last node leaves, with all that names it. */
function* withFewerNodes(scenario: Scenario): Iterable<Scenario> {
  const { nodes, spares, referee, workload, network, clocks } = scenario;
  if (nodes <= 2 || referee) return;
  const left = nodes - 1;
  const stays = (node: number): boolean => node <= left;
  if (workload.kind === "script" && !workload.clients.every(({ node }) => stays(node))) return;
  const own = "nodes" in workload ? workload.nodes?.filter(stays) : undefined;
  if (own !== undefined && own.length === 0) return;
  yield {
    ...scenario,
    nodes: left,
    // These are the last.
    spares: Math.max(spares - 1, 0),
    workload: own === undefined ? workload : ({ ...workload, nodes: own } as never),
    network: { ...network, links: network.links.filter(({ from, to }) => stays(from) && stays(to)) },
    clocks: clocks.filter(({ node }) => stays(node)),
    faults: scenario.faults.flatMap((fault) => faultAmong(fault, stays)),
  };
}

function faultAmong(scheduled: ScheduledFault, stays: (node: number) => boolean): ScheduledFault[] {
  const { when, fault } = scheduled;
  if ("on" in when && !(stays(when.on.node) && stays(when.on.to ?? 1))) return [];
  if (fault.kind === "remove" && !stays(fault.by ?? 1)) return [];
  if ("node" in fault) return stays(fault.node) ? [scheduled] : [];
  if (fault.kind === "cut") {
    const [from, to] = [fault.from.filter(stays), fault.to.filter(stays)];
    return from.length === 0 || to.length === 0 ? [] : [{ ...scheduled, fault: { ...fault, from, to } }];
  }
  if (fault.kind !== "partition") return [scheduled];
  const groups = fault.groups.map((group) => group.filter(stays)).filter((group) => group.length > 0);
  return groups.length === 0 ? [] : [{ ...scheduled, fault: { ...fault, groups } }];
}

/** Each part of the world as it is if nothing is said of it, all at once or field by field; or at least without chance. */
function* withUsualParts(scenario: Scenario): Iterable<Scenario> {
  const { shape } = scenarioSchema;
  const usual = {
    network: shape.network.parse(undefined),
    protocol: shape.protocol.parse(undefined),
    disk: shape.disk.parse(undefined),
    database: shape.database.parse(undefined),
    clocks: [],
    expect: [],
    settle: shape.settle.parse(undefined),
    about: "",
    source: "",
  };
  for (const [part, value] of Object.entries(usual)) {
    const own = scenario[part as keyof typeof usual];
    if (JSON.stringify(own) === JSON.stringify(value)) continue;
    yield { ...scenario, [part]: value };
    if (typeof own !== "object" || Array.isArray(own)) continue;
    for (const [field, plain] of Object.entries(value)) {
      if (JSON.stringify((own as Record<string, unknown>)[field]) === JSON.stringify(plain)) continue;
      yield { ...scenario, [part]: { ...own, [field]: plain } };
    }
  }
}

function* withUsualWorkload(scenario: Scenario): Iterable<Scenario> {
  const { workload } = scenario;
  const usual = usualWorkload(workload);
  for (const field of ["think", "backoff", "order", "isolation", "reads", "start"]) {
    const plain = (usual as Record<string, unknown>)[field];
    const own = (workload as Record<string, unknown>)[field];
    if (plain === undefined || JSON.stringify(own) === JSON.stringify(plain)) continue;
    yield { ...scenario, workload: { ...workload, [field]: plain } as never };
  }
}

function* withPlainerFaults(scenario: Scenario): Iterable<Scenario> {
  for (const [index, scheduled] of scenario.faults.entries()) {
    const offer = (changed: ScheduledFault): Scenario => ({
      ...scenario,
      faults: scenario.faults.with(index, changed),
    });
    const { when, forUs } = scheduled;
    if (forUs !== undefined) {
      yield offer({ when, fault: scheduled.fault });
      for (const plainer of rounder(forUs)) yield offer({ ...scheduled, forUs: plainer });
    }
    if ("at" in when) {
      for (const at of rounder(when.at)) yield offer({ ...scheduled, when: { at } });
      continue;
    }
    const { on } = when;
    if (on.from > 0) yield offer({ ...scheduled, when: { on: { ...on, from: 0 } } });
    for (const nth of smaller(on.nth, 1)) yield offer({ ...scheduled, when: { on: { ...on, nth } } });
  }
}

/** Smaller whole numbers, the least first: as fast-check shrinks an integer. */
function smaller(value: number, least: number): number[] {
  if (value <= least) return [];
  return [...fc.integer({ min: least, max: value }).shrink(value, undefined)].map(({ value: one }) => one);
}

/** The same time in fewer digits. */
function rounder(us: number): number[] {
  const units = [1_000_000, 100_000, 10_000, 1_000];
  const rounded = units.map((unit) => Math.round(us / unit) * unit);
  return [...new Set(rounded)].filter((one) => one > 0 && digits(one) < digits(us));
}

function digits(us: number): number {
  return String(us).replace(/0+$/, "").length;
}
