/**
 * Swarm testing: every seed is another cluster. From the seed come the topology, timeouts, shapes of latency, the mix of
 * the workload, which kinds of fault there are and how often, and at which sites of the protocol something breaks.
 *
 * Source: Groce et al., "Swarm Testing", ISSTA 2012: a run that leaves out most features goes deeper into the rest.
 * What is drawn is a scenario like any other, so a seed file holds it, and it can be changed and shrunk. The commit
 * protocol, the snapshots, the kind of workload, the mutant and the faults of the scenario itself stay.
 */
import type { CommitProtocolName } from "../../protocol/config.ts";
import type { Distribution } from "../../scenarios/durations.ts";
import type { ScheduledFault } from "../../scenarios/faults.ts";
import { type Random, randomInt, randomOf } from "../../scenarios/random.ts";
import { mentionedNodes, type NemesisParameters, type Scenario } from "../../scenarios/scenario.ts";
import { createStreams, streamOf } from "../../sim/engine/random.ts";

/** The same for the same scenario and seed. Draws from a stream of its own. */
export function drawScenario(base: Scenario, seed: string): Scenario {
  const random = streamOf(createStreams(seed), "swarm");
  const isFixed = mentionedNodes(base).length > 0 || base.spares > 0 || base.referee;
  const nodes = isFixed ? base.nodes : randomOf(random, sizesFor(base));
  return {
    ...base,
    nodes,
    settle: Math.max(base.settle, PATIENT_US),
    protocol: drawProtocol(base, random),
    network: drawNetwork(base, nodes, random),
    clocks: base.clocks.length > 0 ? base.clocks : drawClocks(nodes, random),
    disk: { fsync: randomOf(random, FLUSHES), unsynced: randomOf(random, ["lost", "any prefix"]) },
    database: {
      ...base.database,
      lockTimeout: randomOf(random, [0, 0, 30_000]),
      deadlockTimeout: randomOf(random, [50_000, 5_000]),
      restart: randomOf(random, [300_000, 50_000, 1_000_000]),
    },
    workload: drawWorkload(base, random),
    nemesis: drawNemesis(base, random),
    faults: [...base.faults, ...drawSites(base, nodes, random)],
    expect: base.expect
      .filter(({ commit, snapshot }) => applies(commit, base.commit) && applies(snapshot, base.snapshot))
      .slice(-1)
      .map(({ others }) => ({ verdicts: {}, others })),
  };
}

/** What was drawn, in a line. */
export function describeDrawn(base: Scenario, drawn: Scenario): string {
  const { network, nemesis, protocol } = drawn;
  const sites = drawn.faults.slice(base.faults.length);
  return [
    `${drawn.nodes} nodes`,
    network.mode,
    `latency ${network.latency.kind}`,
    ...(network.loss > 0 ? [`loss ${network.loss}`] : []),
    ...(network.duplication > 0 ? [`duplication ${network.duplication}`] : []),
    `heartbeat ${protocol.heartbeat / 1_000} ms x ${protocol.suspectBeats}`,
    ...(drawn.clocks.length > 0 ? ["clocks apart"] : []),
    ...(nemesis === null ? [] : [`nemesis ${nemesis.kinds.join(", ")}`]),
    ...sites.map(({ when, fault }) =>
      "on" in when ? `${fault.kind} ${when.on.when} ${when.on.site}` : fault.kind,
    ),
  ].join("; ");
}

/** Long enough for every resolver of a slow network. */
const PATIENT_US = 40_000_000;

const FLUSHES: readonly Distribution[] = [
  { kind: "uniform", min: 100, max: 300 },
  { kind: "fixed", us: 50 },
  { kind: "exponential", min: 50, mean: 3_000 },
];

const LATENCIES: readonly Distribution[] = [
  { kind: "uniform", min: 200, max: 600 },
  { kind: "uniform", min: 50, max: 10_000 },
  { kind: "exponential", min: 100, mean: 2_000 },
  { kind: "fixed", us: 1_000 },
];

/** From one end of the world to the other. */
const FAR: Distribution = { kind: "uniform", min: 10_000, max: 150_000 };

/** Timeouts as short as a trip, so that everybody suspects everybody. */
const NERVOUS = { heartbeat: 3_000, suspectBeats: 2, voteBeats: 6, resendBeats: 2, resolveBeats: 3 };

function applies(names: readonly string[] | undefined, name: string): boolean {
  return names?.includes(name) ?? true;
}

/** A majority of two is both, and nobody can stand still. */
function sizesFor({ nemesis }: Scenario): readonly number[] {
  return (nemesis?.majority ?? 0) > 0 ? [3, 3, 4, 5] : [2, 3, 3, 3, 4, 5, 5];
}

/** A long run is made of clusters in which little happens in a second: what a seed costs is what limits how many are run. */
function isLong({ duration }: Scenario): boolean {
  return duration >= 30_000_000;
}

function drawProtocol(base: Scenario, random: Random): Scenario["protocol"] {
  const { protocol } = base;
  const usual = {
    heartbeat: randomOf(random, [protocol.heartbeat, 20_000, 50_000, 200_000]),
    suspectBeats: randomOf(random, [protocol.suspectBeats, 4, 15]),
  };
  const beats = random() < 0.25 ? NERVOUS : usual;
  return {
    ...protocol,
    ...(isLong(base) ? drawSlowBeats(protocol, random) : beats),
    skew: randomOf(random, ["wait", "absorb"]),
    waitPeerCommits: random() < 0.2,
    snapshotAge: randomOf(random, [0, 0, 2_000]),
  };
}

/** Beats are what an idle cluster costs. */
function drawSlowBeats({ heartbeat, suspectBeats }: Scenario["protocol"], random: Random) {
  return {
    heartbeat: randomOf(random, [heartbeat, 150_000, 400_000]),
    suspectBeats: randomOf(random, [suspectBeats, 2, 3, 10]),
    voteBeats: randomOf(random, [6, 12, 20]),
    resendBeats: randomOf(random, [2, 3]),
    resolveBeats: randomOf(random, [3, 5]),
    syncpointBeats: randomOf(random, [3, 10]),
    deadlock: randomOf(random, [20_000, 100_000]),
  };
}

function drawNetwork(base: Scenario, nodes: number, random: Random): Scenario["network"] {
  const { network } = base;
  const slow = { from: 1 + randomInt(random, nodes), to: 1 + randomInt(random, nodes) };
  const link = { ...slow, latency: { kind: "uniform", min: 5_000, max: 30_000 } as const };
  return {
    ...network,
    mode: randomOf(random, ["ordered", "datagram"]),
    latency: randomOf(random, isLong(base) ? [...LATENCIES, FAR] : LATENCIES),
    links: network.links.length > 0 || random() < 0.7 ? network.links : [link],
    loss: randomOf(random, [0, 0, 0.01, 0.1]),
    duplication: randomOf(random, [0, 0, 0.1]),
    breakAfter: randomOf(random, [network.breakAfter, 300_000]),
  };
}

function drawClocks(nodes: number, random: Random): Scenario["clocks"] {
  if (random() < 0.6) return [];
  const clocks: Scenario["clocks"] = [];
  for (let node = 1; node <= nodes; node++) {
    if (random() < 0.5) continue;
    clocks.push({ node, offset: randomInt(random, 100_001) - 50_000, ppm: randomInt(random, 601) - 300 });
  }
  return clocks;
}

const HASTE: readonly Distribution[] = [
  { kind: "uniform", min: 0, max: 10_000 },
  { kind: "uniform", min: 0, max: 200 },
];
const LEISURE: Distribution = { kind: "uniform", min: 500_000, max: 3_000_000 };

function drawWorkload(base: Scenario, random: Random): Scenario["workload"] {
  const { workload } = base;
  const think = randomOf(random, isLong(base) ? [workload.think, LEISURE] : [workload.think, ...HASTE]);
  switch (workload.kind) {
    case "bank":
      return {
        ...workload,
        think,
        accounts: randomOf(random, [3, 10, workload.accounts]),
        transfers: isLong(base) ? workload.transfers : 1 + randomInt(random, 3),
        totals: isLong(base) ? randomInt(random, 2) : randomInt(random, 3),
        order: randomOf(random, ["any", "ascending"]),
      };
    case "register":
      return { ...workload, think, keys: randomOf(random, [1, 3, workload.keys]) };
    case "pairs":
      return {
        ...workload,
        think,
        pairs: randomOf(random, [1, 2, workload.pairs]),
        readers: randomInt(random, 3),
      };
    case "script":
    case "sequence":
    case "bulk":
    case "gate":
    case "ddl":
      return { ...workload, think };
    case "family":
      return { ...workload, think, parents: randomOf(random, [1, 3, workload.parents]) };
  }
}

const KINDS = [
  "crash",
  "pause",
  "cut",
  "partition",
  "clock step",
  "clock rate",
  "slow fsync",
  "delay",
] as const;

function drawNemesis(base: Scenario, random: Random): Scenario["nemesis"] {
  if (base.nemesis !== null) return isLong(base) ? drawFewerKinds(base.nemesis, random) : base.nemesis;
  const kinds = KINDS.filter(() => random() < 0.35);
  const every = { kind: "uniform", min: 50_000, max: randomOf(random, [300_000, 1_000_000]) } as const;
  const lasts = { kind: "uniform", min: 10_000, max: randomOf(random, [200_000, 2_000_000]) } as const;
  if (kinds.length === 0) return null;
  return { kinds, from: 200_000, every, lasts, step: 200_000, majority: 0 };
}

function drawFewerKinds(nemesis: NemesisParameters, random: Random): NemesisParameters {
  const kinds = nemesis.kinds.filter(() => random() < 0.6);
  const every = randomOf(random, [nemesis.every, { kind: "uniform", min: 200_000, max: 2_000_000 } as const]);
  return { ...nemesis, kinds: kinds.length > 0 ? kinds : nemesis.kinds, every };
}

/** Steps of a commit at which a crash or a delay is most likely to find something. */
const SITES = [
  "decide",
  "second phase",
  "send vote",
  "send ack",
  "send commit",
  "send abort",
  "send finished",
  "send inquiry",
  "send status",
  "database prepare",
  "database apply",
  "database commitPrepared",
  "database rollbackPrepared",
  "answer committed",
] as const;

const SITES_OF: Readonly<Record<CommitProtocolName, readonly string[]>> = {
  "2pc": ["persist decision", "persist refused"],
  "3pc": ["send precommit", "persist precommit", "persist refused"],
  e3pc: ["send precommit", "send preabort", "persist e3pc"],
  "paxos-commit": ["send promise", "send accept", "persist paxos-commit"],
};

/** Each site is switched on in one run of eight, and then breaks something at one of its first passages. */
function drawSites(base: Scenario, nodes: number, random: Random): ScheduledFault[] {
  const drawn: ScheduledFault[] = [];
  for (const site of [...SITES, ...SITES_OF[base.commit]]) {
    if (random() >= 0.125) continue;
    const node = 1 + randomInt(random, nodes);
    const when = random() < 0.5 ? ("before" as const) : ("after" as const);
    const from = randomInt(random, Math.max(1, base.duration));
    const on = { node, site, when, nth: 1 + randomInt(random, 20), from };
    const kind = randomOf(random, ["crash", "pause"] as const);
    drawn.push({ when: { on }, fault: { kind, node }, forUs: 20_000 + randomInt(random, 2_000_000) });
  }
  return drawn;
}
