/**
 * Our own commit protocols, as they run: the real reducers of all nodes, one transaction of node 1 from the client's
 * COMMIT on, and every order in which messages, write sets, log writes, the databases' answers, timeouts, crashes and
 * restarts can come, up to so many disasters.
 *
 * A message that is lost is one that never comes: whatever a loss can lead to, a delay without end can too. So losing
 * needs no action of its own; neither do partitions.
 */
import type { CommitProtocolName, NodeConfig } from "../../../protocol/config.ts";
import { makeGid, showGid } from "../../../protocol/gid.ts";
import { getKeyed } from "../../../protocol/keyed.ts";
import { type NodeId, setOf, toList } from "../../../protocol/members.ts";
import { INITIAL_TERM } from "../../../protocol/messages.ts";
import { step as realStep, type Step } from "../../../protocol/node.ts";
import type { Transaction } from "../../../protocol/state.ts";
import {
  arrivalOf,
  type Cluster,
  changeNetwork,
  choicesOf,
  createCluster,
  hostOf,
  internHost,
  packetOf,
  packetsOf,
  react,
} from "../cluster.ts";
import { createHost, feed, type Host, type Operation, type Packet, type Timeless } from "../host.ts";
import type { Invariant, Model, State, Visit } from "../model.ts";
import { TIMELESS } from "../timeless.ts";

export interface Allowance {
  readonly nodes: number;
  /** Beats of all nodes together, at each of which every timeout of the node is over. */
  readonly timeouts: number;
  readonly crashes: number;
  readonly duplicates: number;
  /** Applies and PREPAREs that fail. */
  readonly failures: number;
  /** Whether peers may see that a client's PREPARE is durable before its own node hears of it. */
  readonly lateAnswers: boolean;
}

/** What is explored to the end in seconds on one core; 3PC, which is refuted, has two nodes, because three take minutes. */
export const ALLOWANCES: Readonly<Record<CommitProtocolName, Allowance>> = {
  "2pc": { nodes: 3, timeouts: 2, crashes: 0, duplicates: 0, failures: 1, lateAnswers: true },
  "3pc": { nodes: 2, timeouts: 2, crashes: 0, duplicates: 0, failures: 0, lateAnswers: true },
  e3pc: { nodes: 3, timeouts: 1, crashes: 0, duplicates: 0, failures: 0, lateAnswers: true },
  "paxos-commit": { nodes: 3, timeouts: 1, crashes: 0, duplicates: 0, failures: 0, lateAnswers: true },
};

/**
 * How the protocols count their patience, apart from what TIMELESS says. 2PC asks once in every `resolveBeats`, so that
 * must be a number to count by; where a beat always begins a new attempt there is nothing to resend.
 */
const PATIENCE: Readonly<Record<CommitProtocolName, { resolveBeats: number; resendBeats: number }>> = {
  "2pc": { resolveBeats: 1, resendBeats: 1 },
  "3pc": { resolveBeats: 0, resendBeats: 1 },
  e3pc: { resolveBeats: 0, resendBeats: 0 },
  "paxos-commit": { resolveBeats: 0, resendBeats: 0 },
};

/** Whose suspicion makes a difference: E3PC and Paxos Commit only wait longer for a coordinator that can be heard. */
const SUSPECTS: Readonly<Record<CommitProtocolName, "nobody" | "coordinator" | "anybody">> = {
  "2pc": "coordinator",
  "3pc": "anybody",
  e3pc: "nobody",
  "paxos-commit": "nobody",
};

const ACTIONS = [
  "message arrives",
  "message arrives twice",
  "write set arrives",
  "stream is opened again",
  "database carries out",
  "database fails",
  "database answers",
  "log write is durable",
  "timeout",
  "false suspicion",
  "crash",
  "restart",
] as const;
type Action = (typeof ACTIONS)[number];

const MESSAGES: Readonly<Record<CommitProtocolName, readonly string[]>> = {
  "2pc": ["vote", "refusal", "commit", "abort", "finished", "inquiry", "status", "heartbeat"],
  "3pc": [
    ...["vote", "refusal", "precommit", "ack", "commit", "abort", "finished"],
    ...["inquiry", "status", "heartbeat"],
  ],
  e3pc: [
    ...["vote", "refusal", "precommit", "preabort", "ack", "commit", "abort", "finished"],
    ...["inquiry", "status", "heartbeat"],
  ],
  "paxos-commit": [
    ...["vote", "refusal", "commit", "abort", "finished", "ack"],
    ...["inquiry", "promise", "accept", "heartbeat"],
  ],
};

/** Of a member; "held" and "aborted" are passed through inside a step. */
const PHASES = ["absent", "applying", "preparing", "prepared", "committing", "committed", "rolling back"];
const SHARED_STATES = ["unknown", ...PHASES, "down", "two resolvers at once"];
const OWN_STATES: Readonly<Record<CommitProtocolName, readonly string[]>> = {
  "2pc": [],
  "3pc": ["precommitted"],
  e3pc: ["promised a higher term", "accepted a commit", "accepted an abort"],
  "paxos-commit": ["promised a higher term", "accepted a vote", "accepted an abort"],
};

const SHARED_OUTCOMES = [
  "committed on every node",
  "aborted, and prepared nowhere",
  "client told it is committed",
  "client told it is aborted",
];
const RESOLVED = ["committed by a resolver", "aborted by a resolver"];
const OWN_OUTCOMES: Readonly<Record<CommitProtocolName, readonly string[]>> = {
  "2pc": ["blocked: only the coordinator knows"],
  "3pc": RESOLVED,
  e3pc: RESOLVED,
  "paxos-commit": RESOLVED,
};

const COORDINATOR: NodeId = 1;
const GID = makeGid(COORDINATOR, 1);

export function reducerModel(
  protocol: CommitProtocolName,
  allowance: Allowance = ALLOWANCES[protocol],
  step: Step = realStep,
): Model {
  const { nodes, timeouts, crashes, duplicates, failures } = allowance;
  const { lateAnswers } = allowance;
  const cluster = createCluster({ step, gid: GID, nodes, lateAnswers });
  const vocabulary = {
    actions: ACTIONS.filter((action) => isAllowed(action, protocol, allowance)),
    messages: ["write set", ...MESSAGES[protocol]],
    states: [...SHARED_STATES.filter((state) => state !== "down" || crashes > 0), ...OWN_STATES[protocol]],
    outcomes: [...SHARED_OUTCOMES, ...OWN_OUTCOMES[protocol]],
  };
  const world: World = { cluster, protocol, nodes, vocabulary, shown: [], onTheWay: [] };
  const answers = lateAnswers ? "" : "; a database's answer is heard at once";
  const bounds = `one transaction, ${nodes} nodes, at most ${timeouts} timeouts, ${crashes} crashes, ${duplicates} repeated messages, ${failures} failures of a database; any delay, order and loss${answers}`;
  return {
    name: protocol,
    about: `${protocol}: our reducers of ${nodes} nodes, one transaction and its resolvers`,
    source: "protocol/commit",
    bounds,
    vocabulary,
    words: nodes + 2,
    initial: [
      [...startHosts(cluster, protocol, nodes), 0, packLeft({ timeouts, crashes, duplicates, failures })],
    ],
    successors: (state, next, visit) => listSuccessors(world, state, next, visit),
    observe: (state, seen) => {
      seen.messages |= messagesOf(world, state[nodes] as number);
      let resolving = 0;
      let together = -1;
      for (let node = 1; node <= nodes; node++) {
        const shown = shownBy(world, state[node - 1] as number);
        seen.states |= shown.states;
        seen.outcomes |= shown.anywhere;
        together &= shown.everywhere;
        if (shown.resolving) resolving += 1;
      }
      seen.outcomes |= outcomesOf(world, state, together);
      if (resolving >= 2) seen.states |= bitOf(vocabulary.states, "two resolvers at once");
    },
    invariants: invariantsOf(world),
    describe: (_state, _action, argument) => describe(world, argument),
  };
}

interface World {
  readonly cluster: Cluster;
  readonly protocol: CommitProtocolName;
  readonly nodes: number;
  readonly vocabulary: Model["vocabulary"];
  /** By host. */
  readonly shown: (Shown | undefined)[];
  /** By network: the kinds of messages. */
  readonly onTheWay: (number | undefined)[];
}

/** What a host alone shows of the vocabulary. */
interface Shown {
  readonly states: number;
  /** Outcomes that one node's word is enough for. */
  readonly anywhere: number;
  /** 1: committed here. 2: prepared nowhere here. */
  readonly everywhere: number;
  readonly aborted: boolean;
  readonly resolving: boolean;
}

function isAllowed(action: Action, protocol: CommitProtocolName, allowance: Allowance): boolean {
  switch (action) {
    case "message arrives twice":
      return allowance.duplicates > 0;
    case "database fails":
      return allowance.failures > 0;
    case "timeout":
      return allowance.timeouts > 0;
    case "false suspicion":
      return allowance.timeouts > 0 && SUSPECTS[protocol] !== "nobody";
    case "crash":
    case "restart":
    case "stream is opened again":
      return allowance.crashes > 0;
    case "database answers":
      return allowance.lateAnswers;
    default:
      return true;
  }
}

/** Every node has started; the client of node 1 has written, and asked to commit. */
function startHosts(cluster: Cluster, protocol: CommitProtocolName, nodes: number): number[] {
  const numbers: number[] = [];
  for (let node = 1; node <= nodes; node++) {
    const config: NodeConfig = {
      ...TIMELESS,
      ...PATIENCE[protocol],
      node,
      nodes,
      commit: protocol,
      snapshot: "local",
    };
    // No two nodes stamp alike, or a wrong choice among their stamps could not be seen.
    const highWater = 2_000 + config.node;
    const started = { ...createHost(config), records: [{ kind: "clock", highWater }] } as Host;
    const inputs = node === COORDINATOR ? [startOf(started), ...CLIENT] : [startOf(started)];
    numbers.push(internHost(cluster, feed(cluster.subject, started, inputs)));
  }
  return numbers;
}

function startOf(host: Host): Timeless {
  return { type: "started", records: host.records, prepared: [], outcomes: [], finished: [] } as Timeless;
}

const CLIENT = [
  { type: "request", session: 1, request: { type: "begin", isolation: "repeatable read", age: 0 } },
  { type: "database", reply: { type: "begun", session: 1 } },
  {
    type: "request",
    session: 1,
    request: { type: "execute", statement: { type: "delete", table: "t", key: 1 } },
  },
  {
    type: "database",
    reply: {
      type: "executed",
      session: 1,
      result: { rows: [], versions: [], count: 1, replaced: 0, snapshot: { csn: 0, count: 0 } },
      wrote: true,
    },
  },
  { type: "request", session: 1, request: { type: "commit" } },
] as unknown as readonly Timeless[];

/** What is left of each allowance, a byte each. */
function packLeft(left: Omit<Allowance, "nodes" | "lateAnswers">): number {
  return left.timeouts | (left.crashes << 8) | (left.duplicates << 16) | (left.failures << 24);
}

const ONE_TIMEOUT = 1;
const ONE_CRASH = 1 << 8;
const ONE_DUPLICATE = 1 << 16;
const ONE_FAILURE = 1 << 24;

function listSuccessors(world: World, state: State, next: State, visit: Visit): void {
  const { nodes } = world;
  for (const packet of packetsOf(world.cluster, state[nodes] as number)) {
    deliver(world, state, next, packet, visit);
  }
  for (let node = 1; node <= nodes; node++) {
    for (const { what, operation } of choicesOf(world.cluster, state[node - 1] as number)) {
      const cost = costOf(world, state, node, what);
      if (cost === null) continue;
      const action = actionIndex(world, actionOf(world, state, what));
      if (goOn(world, state, next, node, operation, -1, cost)) visit(action, node * ARGUMENTS + operation);
    }
  }
}

const ARGUMENTS = 1 << 20;

function deliver(world: World, state: State, next: State, packet: number, visit: Visit): void {
  const { cluster, nodes } = world;
  const { kind, to } = packetOf(cluster, packet);
  if (!isUp(world, state, to)) return;
  const operation = arrivalOf(cluster, packet);
  // What changes nothing may as well come later: then it may still make a difference.
  if (!goOn(world, state, next, to, operation, packet, 0)) return;
  visit(actionIndex(world, ARRIVALS[kind]), to * ARGUMENTS + operation);
  if (kind !== "message" || ((state[nodes + 1] as number) & (0xff * ONE_DUPLICATE)) === 0) return;
  if (!goOn(world, state, next, to, operation, -1, ONE_DUPLICATE)) return;
  visit(actionIndex(world, "message arrives twice"), to * ARGUMENTS + operation);
}

const ARRIVALS = {
  message: "message arrives",
  "write set": "write set arrives",
  "open stream": "stream is opened again",
} as const satisfies Record<Packet["kind"], Action>;

/** False if the operation changes nothing: then it is a waste of what it costs. */
function goOn(
  world: World,
  state: State,
  next: State,
  node: NodeId,
  operation: number,
  taken: number,
  cost: number,
): boolean {
  const { cluster, nodes } = world;
  const host = state[node - 1] as number;
  const network = state[nodes] as number;
  const reaction = react(cluster, host, operation);
  next.set(state);
  next[node - 1] = reaction.host;
  next[nodes] = changeNetwork(cluster, network, taken, reaction.sent);
  next[nodes + 1] = (state[nodes + 1] as number) - cost;
  if (reaction.host !== host) return true;
  const known = packetsOf(cluster, network);
  return reaction.sent.some((packet) => packet !== taken && !known.includes(packet));
}

/** What the operation takes of the allowance; null if there is not enough left, or it could not happen now. */
function costOf(world: World, state: State, node: NodeId, what: Operation): number | null {
  const left = state[world.nodes + 1] as number;
  switch (what.type) {
    case "database":
      return what.fails ? pay(left, ONE_FAILURE) : 0;
    case "beat":
      return isWorthHearing(world, node, what.unheard, downNodes(world, state))
        ? pay(left, ONE_TIMEOUT)
        : null;
    case "crash":
      return pay(left, ONE_CRASH);
    default:
      return 0;
  }
}

function pay(left: number, cost: number): number | null {
  return (left & (0xff * cost)) === 0 ? null : cost;
}

/** Who is down is not heard. Who is up may not be heard either, where that makes a difference. */
function isWorthHearing({ protocol }: World, node: NodeId, unheard: number, down: number): boolean {
  const others = down & ~setOf(node);
  switch (SUSPECTS[protocol]) {
    case "nobody":
      return unheard === 0;
    case "coordinator":
      return unheard === 0
        ? node === COORDINATOR || (down & setOf(COORDINATOR)) === 0
        : unheard === setOf(COORDINATOR);
    case "anybody":
      return (unheard & others) === others;
  }
}

function downNodes(world: World, state: State): number {
  let down = 0;
  for (let node = 1; node <= world.nodes; node++) if (!isUp(world, state, node)) down |= setOf(node);
  return down;
}

function isUp(world: World, state: State, node: NodeId): boolean {
  return hostOf(world.cluster, state[node - 1] as number).state !== null;
}

function actionOf(world: World, state: State, what: Operation): Action {
  switch (what.type) {
    case "packet":
      return ARRIVALS[what.packet.kind];
    case "database":
      return what.fails ? "database fails" : "database carries out";
    case "reply":
      return "database answers";
    case "flush":
      return "log write is durable";
    case "beat":
      return (what.unheard & ~downNodes(world, state)) === 0 ? "timeout" : "false suspicion";
    case "crash":
    case "restart":
      return what.type;
  }
}

function actionIndex(world: World, action: Action): number {
  return world.vocabulary.actions.indexOf(action);
}

function bitOf(words: readonly string[], word: string): number {
  const index = words.indexOf(word);
  return index < 0 ? 0 : 1 << index;
}

function messagesOf(world: World, network: number): number {
  const known = world.onTheWay[network];
  if (known !== undefined) return known;
  let seen = 0;
  for (const number of packetsOf(world.cluster, network)) {
    const packet = packetOf(world.cluster, number);
    const word = packet.kind === "message" ? packet.message.type : packet.kind;
    seen |= bitOf(world.vocabulary.messages, word);
  }
  world.onTheWay[network] = seen;
  return seen;
}

function shownBy(world: World, number: number): Shown {
  const known = world.shown[number];
  if (known !== undefined) return known;
  const shown = look(world, hostOf(world.cluster, number));
  world.shown[number] = shown;
  return shown;
}

function look({ vocabulary }: World, host: Host): Shown {
  const { witnessed, database } = host;
  const tx = transactionOf(host);
  const words =
    host.state === null ? ["down"] : tx === undefined ? ["unknown"] : [tx.local, ...protocolStates(tx)];
  const outcomes: string[] = [];
  if (witnessed.answered === "committed") outcomes.push("client told it is committed");
  if (witnessed.answered === "aborted") outcomes.push("client told it is aborted");
  if (witnessed.resolved === "commit") outcomes.push("committed by a resolver");
  if (witnessed.resolved === "abort") outcomes.push("aborted by a resolver");
  if (witnessed.blocked) outcomes.push("blocked: only the coordinator knows");
  return {
    states: words.reduce((seen, word) => seen | bitOf(vocabulary.states, word), 0),
    anywhere: outcomes.reduce((seen, word) => seen | bitOf(vocabulary.outcomes, word), 0),
    everywhere: (witnessed.committed !== 0 ? 1 : 0) | (database.prepared === null ? 2 : 0),
    aborted: witnessed.aborted,
    resolving: witnessed.resolving && tx?.outcome === "undecided",
  };
}

function protocolStates({ commit }: Transaction): string[] {
  switch (commit.protocol) {
    case "2pc":
      return [];
    case "3pc":
      return commit.precommitted ? ["precommitted"] : [];
    case "e3pc":
      return [
        ...(commit.promised > INITIAL_TERM ? ["promised a higher term"] : []),
        ...(commit.accepted === 0 ? [] : [commit.csn === 0 ? "accepted an abort" : "accepted a commit"]),
      ];
    case "paxos-commit":
      return [
        ...(commit.promised > INITIAL_TERM ? ["promised a higher term"] : []),
        ...(commit.votes.some(({ term, stamp }) => term !== 0 && stamp !== 0) ? ["accepted a vote"] : []),
        ...(commit.votes.some(({ term, stamp }) => term !== 0 && stamp === 0) ? ["accepted an abort"] : []),
      ];
  }
}

/** Outcomes for which all nodes are looked at together. */
function outcomesOf(world: World, state: State, together: number): number {
  const { outcomes } = world.vocabulary;
  let seen = 0;
  if ((together & 1) !== 0) seen |= bitOf(outcomes, "committed on every node");
  if ((together & 2) === 0) return seen;
  for (let node = 1; node <= world.nodes; node++) {
    if (shownBy(world, state[node - 1] as number).aborted) {
      return seen | bitOf(outcomes, "aborted, and prepared nowhere");
    }
  }
  return seen;
}

function transactionOf(host: Host): Transaction | undefined {
  return host.state === null ? undefined : getKeyed(host.state.transactions, GID);
}

function invariantsOf(world: World): Invariant[] {
  const { cluster, nodes } = world;
  const everyHost = (state: State): Host[] =>
    Array.from({ length: nodes }, (_, index) => hostOf(cluster, state[index] as number));
  return [
    {
      name: "one outcome",
      violation: (state) => {
        const hosts = everyHost(state);
        const committed = hosts.find(({ witnessed }) => witnessed.committed !== 0);
        const aborted = hosts.find(({ witnessed }) => witnessed.aborted);
        if (committed === undefined || aborted === undefined) return null;
        return `${showGid(GID)} is committed on node ${committed.config.node} and aborted on node ${aborted.config.node}`;
      },
    },
    {
      name: "same CSN",
      violation: (state) => {
        const csns = everyHost(state).flatMap(({ witnessed: { committed } }) =>
          committed === 0 ? [] : [committed],
        );
        if (new Set(csns).size <= 1) return null;
        return `${showGid(GID)} is committed with the CSNs ${csns.join(" and ")}`;
      },
    },
    {
      name: "all prepared",
      violation: (state) => {
        const hosts = everyHost(state);
        if (hosts.every(({ witnessed }) => witnessed.committed === 0)) return null;
        const unprepared = hosts.find(({ witnessed }) => !witnessed.prepared);
        if (unprepared === undefined) return null;
        return `${showGid(GID)} is committed, and node ${unprepared.config.node} has never prepared it`;
      },
    },
    {
      name: "acknowledged survives",
      violation: (state) => {
        const hosts = everyHost(state);
        const told = hosts.find(({ witnessed }) => witnessed.answered !== "nothing");
        if (told === undefined) return null;
        const { answered, committed } = told.witnessed;
        if (answered === "committed" && committed === 0)
          return "the client was told of a commit that is not durable";
        const against = hosts.find(({ witnessed }) =>
          answered === "committed" ? witnessed.aborted : witnessed.committed !== 0,
        );
        if (against === undefined) return null;
        return `the client was told that it is ${answered}, and on node ${against.config.node} it is not`;
      },
    },
    {
      name: "sound",
      violation: (state) =>
        everyHost(state).find(({ witnessed }) => witnessed.broken !== null)?.witnessed.broken ?? null,
    },
  ];
}

function describe({ cluster }: World, argument: number): string {
  const node = Math.floor(argument / ARGUMENTS);
  const what = cluster.operations.values[argument % ARGUMENTS] as Operation;
  switch (what.type) {
    case "packet":
      return describeArrival(what.packet);
    case "database":
      return what.fails
        ? `node ${node}: the database fails`
        : `node ${node}: the database carries out its next command`;
    case "reply":
      return `node ${node}: hears from its database`;
    case "flush":
      return `node ${node}: its log write is durable`;
    case "beat":
      return what.unheard === 0
        ? `node ${node}: its timeouts are over`
        : `node ${node}: its timeouts are over, and it suspects node ${toList(what.unheard).join(" and ")}`;
    case "crash":
      return `node ${node}: crashes${survivors(what.records, what.commands)}`;
    case "restart":
      return `node ${node}: starts again`;
  }
}

function survivors(records: number, commands: number): string {
  const kept = [
    ...(records > 0 ? [`${records} log write${records > 1 ? "s" : ""}`] : []),
    ...(commands > 0 ? [`${commands} command${commands > 1 ? "s" : ""} of its database`] : []),
  ];
  return kept.length === 0 ? "" : `, just after ${kept.join(" and ")} became durable`;
}

function describeArrival(packet: Packet): string {
  const { from, to } = packet;
  switch (packet.kind) {
    case "message":
      return `node ${to}: hears ${packet.message.type} from node ${from}`;
    case "write set":
      return `node ${to}: receives the write set from node ${from}`;
    case "open stream":
      return `node ${to}: node ${from} reads its stream again`;
  }
}
