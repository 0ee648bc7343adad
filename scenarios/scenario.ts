/**
 * The scenario format: a cluster, what clients do, what breaks, and what must hold, as JSON.
 *
 * `parseScenario` turns what a person wrote (durations as text, most things left out) into a Scenario in which
 * everything is present and in microseconds. A Scenario is itself valid input and parses to itself.
 */
import { z } from "zod";
import { COMMIT_PROTOCOLS, MEMBERSHIPS, type NodeConfig, SNAPSHOT_MANAGERS } from "../protocol/config.ts";
import type { NodeId, NodeSet } from "../protocol/members.ts";
import { contains, firstNodes, MAX_NODES } from "../protocol/members.ts";
import { firstGeneration } from "../protocol/membership/generation.ts";
import { distribution, duration, span } from "./durations.ts";
import { type Fault, type ScheduledFault, SITE_NAMES } from "./faults.ts";
import { LEVELS } from "./levels.ts";
import { MUTANT_NAMES } from "./mutants/names.ts";
import { workloadParameters } from "./workloads/workloads.ts";

const node = z.int().min(1).max(MAX_NODES);
const share = z.number().min(0).max(1);
/** Below 1: an ordered connection sends again until something arrives. To lose all, cut the link. */
const lossRate = z.number().min(0).max(0.95);

const fault: z.ZodType<Fault, unknown> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("crash"), node }),
  z.strictObject({ kind: z.literal("restart"), node }),
  z.strictObject({ kind: z.literal("pause"), node }),
  z.strictObject({ kind: z.literal("resume"), node }),
  z.strictObject({
    kind: z.literal("cut"),
    from: z.array(node).min(1),
    to: z.array(node).min(1),
    both: z.boolean().default(false),
    rejects: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal("partition"),
    groups: z.array(z.array(node)).min(1),
    rejects: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal("disconnect"), node }),
  z.strictObject({ kind: z.literal("heal") }),
  z.strictObject({ kind: z.literal("loss"), rate: lossRate }),
  z.strictObject({ kind: z.literal("duplication"), rate: share }),
  z.strictObject({ kind: z.literal("delay"), upToUs: span }),
  z.strictObject({ kind: z.literal("clock step"), node, byUs: duration }),
  z.strictObject({ kind: z.literal("clock rate"), node, ppm: z.int().min(-900_000).max(9_000_000) }),
  z.strictObject({ kind: z.literal("join"), node }),
  z.strictObject({ kind: z.literal("remove"), node, by: node.optional() }),
  z.strictObject({ kind: z.literal("lose disk"), node }),
  z.strictObject({ kind: z.literal("slow fsync"), node, factor: z.int().min(1).max(1_000_000) }),
]);

const trigger = z.strictObject({
  node,
  site: z.string().refine((site) => SITE_NAMES.includes(site), {
    error: (issue) => `there is no site "${issue.input}"; sites are ${SITE_NAMES.join(", ")}`,
  }),
  when: z.enum(["before", "after"]).default("before"),
  nth: z.int().min(1).default(1),
  to: node.optional(),
  from: span.default(0),
});

const scheduledFault: z.ZodType<ScheduledFault, unknown> = z.strictObject({
  when: z.union([z.strictObject({ at: span }), z.strictObject({ on: trigger })], {
    error: 'expected {"at": TIME} or {"on": {"node", "site", ...}}',
  }),
  fault,
  forUs: span.optional(),
});

/** Faults drawn from the seed: one after another, each for a while, the last undone before the clients stop. */
const nemesis = z.strictObject({
  kinds: z
    .array(
      z.enum([
        "crash",
        "pause",
        "cut",
        "partition",
        "reject",
        "disconnect",
        "clock step",
        "clock rate",
        "slow fsync",
        "delay",
      ]),
    )
    .min(1),
  from: span.default(500_000),
  every: distribution.default({ kind: "uniform", min: 200_000, max: 1_500_000 }),
  lasts: distribution.default({ kind: "uniform", min: 50_000, max: 2_500_000 }),
  /** Size of clock steps. */
  step: span.default(200_000),
  /** For so long at its end the nemesis leaves a majority, drawn from the seed, alone and whole, and freezes the rest. */
  majority: span.default(0),
});

const verdict = z.enum(["holds", "violated", "not exercised"]);

/** What must come out. Of several that apply to a run, the last one counts. */
const expectation = z.strictObject({
  /** The protocols and managers that it is about; all if left out. */
  commit: z.array(z.enum(COMMIT_PROTOCOLS)).optional(),
  snapshot: z.array(z.enum(SNAPSHOT_MANAGERS)).optional(),
  /** By name of the check. */
  verdicts: z.record(z.string(), verdict).default({}),
  /** Of the checks that are not named: none may be violated, or nothing is promised. */
  others: z.enum(["not violated", "any"]).default("not violated"),
  /** The strongest isolation level that holds is at least this, */
  isolation: z.enum(LEVELS).optional(),
  /** and at most this: the run shows the anomaly that the next level forbids. */
  isolationAtMost: z.enum(LEVELS).optional(),
  /** Whether a transaction is still in doubt at the end, because the protocol may block there. */
  blocks: z.boolean().optional(),
});

const protocol = z.strictObject({
  heartbeat: span.refine((us) => us >= 1_000, { error: "at least 1ms" }).default(100_000),
  suspectBeats: z.int().min(1).default(10),
  voteBeats: z.int().min(1).default(20),
  resendBeats: z.int().min(1).default(3),
  resolveBeats: z.int().min(1).default(5),
  syncpointBeats: z.int().min(1).default(10),
  /** How many bytes of WAL a node keeps for one that is away; 0: whatever it takes. */
  maxKept: z.int().min(0).default(0),
  deadlock: span.refine((us) => us >= 100, { error: "at least 100us" }).default(10_000),
  maxDrift: span.default(500_000),
  skew: z.enum(["wait", "absorb"]).default("wait"),
  clockReserve: span.default(250_000),
  snapshotAge: span.default(0),
  waitPeerCommits: z.boolean().default(false),
  monotonicSequences: z.boolean().default(false),
});

const network = z.strictObject({
  /** "ordered": TCP-like connections between nodes; "datagram": every message for itself. Streams are always ordered. */
  mode: z.enum(["ordered", "datagram"]).default("ordered"),
  latency: distribution.default({ kind: "uniform", min: 200, max: 600 }),
  /** Exceptions, for a direction each. */
  links: z.array(z.strictObject({ from: node, to: node, latency: distribution })).default([]),
  loss: lossRate.default(0),
  duplication: share.default(0),
  /** An ordered connection that cannot deliver for so long breaks. */
  breakAfter: span.default(2_000_000),
  /** An ordered connection sends a lost packet again after so long. */
  resendAfter: span.default(200_000),
});

const clock = z.strictObject({ node, offset: duration.default(0), ppm: z.int().default(0) });

const disk = z.strictObject({
  fsync: distribution.default({ kind: "uniform", min: 100, max: 300 }),
  /** What a crash leaves of what was written and not synced: nothing, or any prefix of it. */
  unsynced: z.enum(["lost", "any prefix"]).default("any prefix"),
});

const database = z.strictObject({
  /** From a command to its reply, without waits and flushes. */
  command: distribution.default({ kind: "uniform", min: 10, max: 50 }),
  /** From the flush of a commit to the moment when it is visible. */
  finish: distribution.default({ kind: "uniform", min: 1, max: 60 }),
  lockTimeout: span.default(0),
  deadlockTimeout: span.default(50_000),
  /** From a client to its node. */
  client: distribution.default({ kind: "fixed", us: 30 }),
  /** A slot's confirmed position is saved every so many bytes of WAL; a crash sets it back to that. */
  slotSaveBytes: z.int().min(0).default(50_000),
  /** A write set of so many rows leaves in pieces before its PREPARE; 0: all leave whole. */
  decodingMemoryRows: z.int().min(0).default(0),
  /** How long a crashed node takes to start. */
  restart: span.default(300_000),
  /** How long it takes to copy another node's database. */
  copy: distribution.default({ kind: "uniform", min: 300_000, max: 900_000 }),
});

export const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  /** What it shows, in a sentence. */
  about: z.string().default(""),
  /** Where it comes from. */
  source: z.string().default(""),
  nodes: z.int().min(1).max(MAX_NODES).default(3),
  /** The last so many of them are no nodes of the cluster at first, and do not run: they can be added. */
  spares: z.int().min(0).default(0),
  /** Whether the last of three is a referee without data. */
  referee: z.boolean().default(false),
  commit: z.enum(COMMIT_PROTOCOLS).default("e3pc"),
  snapshot: z.enum(SNAPSHOT_MANAGERS).default("clock-si-committer"),
  /** Whether the cluster heals itself, or every node is a member for ever. */
  membership: z.enum(MEMBERSHIPS).default("elected"),
  /** A deliberately broken variant of the protocol. */
  mutant: z.enum(MUTANT_NAMES).nullable().default(null),
  /** How long clients begin transactions. */
  duration: span.default(5_000_000),
  /** How long the cluster then has to come to rest; the network loses and repeats nothing any more. */
  settle: span.default(15_000_000),
  workload: workloadParameters.default(() => workloadParameters.parse({ kind: "bank" })),
  faults: z.array(scheduledFault).default([]),
  nemesis: nemesis.nullable().default(null),
  protocol: protocol.default(() => protocol.parse({})),
  network: network.default(() => network.parse({})),
  clocks: z.array(clock).default([]),
  disk: disk.default(() => disk.parse({})),
  database: database.default(() => database.parse({})),
  expect: z.array(expectation).default([]),
});

export type Scenario = z.output<typeof scenarioSchema>;
export type ScenarioInput = z.input<typeof scenarioSchema>;
export type Expectation = Scenario["expect"][number];
export type NemesisParameters = NonNullable<Scenario["nemesis"]>;

/** Bad input: one line that says what is wrong and where. */
export class ScenarioError extends Error {
  override name = "ScenarioError";
}

/** Throws ScenarioError. */
export function parseScenario(input: unknown): Scenario {
  const parsed = scenarioSchema.safeParse(input);
  if (!parsed.success) throw new ScenarioError(describeIssue(parsed.error.issues[0]));
  const scenario = parsed.data;
  for (const { place, node: id } of mentionedNodes(scenario)) {
    if (id > scenario.nodes) {
      throw new ScenarioError(`${place}: there is no node ${id}, only nodes 1 to ${scenario.nodes}`);
    }
  }
  if (scenario.referee && (scenario.nodes !== 3 || scenario.spares > 0)) {
    throw new ScenarioError("referee: it is the third of three nodes, none of which is a spare");
  }
  if (scenario.spares >= scenario.nodes) {
    throw new ScenarioError(
      `spares: of ${scenario.nodes} nodes, at most ${scenario.nodes - 1} can be spares`,
    );
  }
  scenario.faults.forEach(({ fault: { kind, ...broken } }, index) => {
    if (kind !== "join" || !("node" in broken) || !contains(initialNodes(scenario), broken.node)) return;
    throw new ScenarioError(
      `faults.${index}.fault: node ${broken.node} is no spare: it is in the cluster already`,
    );
  });
  return scenario;
}

/** The nodes of the cluster as it is made. */
export function initialNodes({ nodes, spares }: Scenario): NodeSet {
  return firstNodes(nodes - spares);
}

/** Those of them that are members of the first generation: all but a referee. */
export function firstMembers(scenario: Scenario): NodeSet {
  return firstGeneration(initialNodes(scenario), refereeOf(scenario)).members;
}

function refereeOf({ nodes, referee }: Scenario): NodeId {
  return referee ? nodes : 0;
}

export function nodeConfig(scenario: Scenario, id: NodeId): NodeConfig {
  const { protocol: p } = scenario;
  return {
    node: id,
    nodes: scenario.nodes,
    initial: initialNodes(scenario),
    referee: refereeOf(scenario),
    commit: scenario.commit,
    snapshot: scenario.snapshot,
    membership: scenario.membership,
    heartbeatUs: p.heartbeat,
    suspectBeats: p.suspectBeats,
    voteBeats: p.voteBeats,
    resendBeats: p.resendBeats,
    resolveBeats: p.resolveBeats,
    syncpointBeats: p.syncpointBeats,
    maxKeptBytes: p.maxKept,
    deadlockUs: p.deadlock,
    maxDriftUs: p.maxDrift,
    skew: p.skew,
    clockReserveUs: p.clockReserve,
    snapshotAgeUs: p.snapshotAge,
    waitPeerCommits: p.waitPeerCommits,
    monotonicSequences: p.monotonicSequences,
  };
}

/** "workload.accounts: too small: expected number to be >= 2". */
function describeIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return "not a scenario";
  const place = issue.path.map(String).join(".") || "scenario";
  if (issue.code === "unrecognized_keys") {
    return `${place}: unknown field ${issue.keys.map((key) => `"${key}"`).join(", ")}`;
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const note = "note" in issue && typeof issue.note === "string" ? issue.note : issue.message;
    return `${place}: ${note}`;
  }
  return `${place}: ${issue.message}`;
}

/** Where a scenario names nodes. */
export function mentionedNodes(scenario: Scenario): { place: string; node: NodeId }[] {
  const found: { place: string; node: NodeId }[] = [];
  const mention = (place: string, nodes: readonly (NodeId | undefined)[]): void => {
    for (const id of nodes) if (id !== undefined) found.push({ place, node: id });
  };
  scenario.faults.forEach(({ when, fault: broken }, index) => {
    if ("on" in when) mention(`faults.${index}.when.on`, [when.on.node, when.on.to]);
    if ("node" in broken) mention(`faults.${index}.fault`, [broken.node]);
    if (broken.kind === "remove") mention(`faults.${index}.fault`, [broken.by]);
    if (broken.kind === "cut") mention(`faults.${index}.fault`, [...broken.from, ...broken.to]);
    if (broken.kind === "partition") mention(`faults.${index}.fault`, broken.groups.flat());
  });
  scenario.clocks.forEach((entry, index) => {
    mention(`clocks.${index}`, [entry.node]);
  });
  scenario.network.links.forEach((link, index) => {
    mention(`network.links.${index}`, [link.from, link.to]);
  });
  if (scenario.workload.kind === "script") {
    scenario.workload.clients.forEach(({ node: id }, index) => {
      mention(`workload.clients.${index}`, [id]);
    });
  }
  if ("nodes" in scenario.workload) mention("workload.nodes", scenario.workload.nodes ?? []);
  return found;
}
