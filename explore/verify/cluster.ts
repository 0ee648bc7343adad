/**
 * A cluster as a packed state: the number of each host, of the set of packets on their way, and what is left of each
 * kind of disaster. Hosts and packet sets are interned, so that each operation of each host is worked out once, however
 * many states it is taken in; there are a thousand times fewer hosts than clusters.
 *
 * The network keeps no order, and holds a packet once however often it was sent; or, where connections are `ordered`, it
 * keeps what one node sent another in its order, and only the first of it can arrive. A crash then breaks the node's
 * connections, and messages under way on them are lost; a replication stream is read again from where it was.
 */
import type { NodeId } from "../../protocol/members.ts";
import { canFail } from "./abstract-database.ts";
import { type Host, type Operation, operate, type Packet, type Subject } from "./host.ts";
import { createInterned, type Interned, intern } from "./interning.ts";

export interface Cluster {
  readonly subject: Subject;
  readonly ordered: boolean;
  readonly hosts: Interned<Host>;
  readonly packets: Interned<Packet>;
  readonly networks: Interned<Network>;
  readonly operations: Interned<Operation>;
  /** By host and operation. */
  readonly reactions: Map<number, Reaction>;
  /** By host: what it may do by itself. */
  readonly choices: (readonly Choice[] | undefined)[];
  /** By packet: the operation of its arrival. */
  readonly arrivals: number[];
}

interface Network {
  /** Numbers of packets: ascending; or by connection, and there in order of sending. */
  readonly packets: readonly number[];
  /** Those that can arrive next. */
  readonly next: readonly number[];
}

/** What comes of an operation. */
export interface Reaction {
  readonly host: number;
  readonly sent: readonly number[];
}

export interface Choice {
  readonly operation: number;
  readonly what: Operation;
}

const MOST_OPERATIONS = 1 << 16;

export function createCluster(subject: Subject, ordered: boolean): Cluster {
  const networks = createInterned<Network>();
  intern(networks, "", { packets: [], next: [] });
  return {
    subject,
    ordered,
    hosts: createInterned(),
    packets: createInterned(),
    networks,
    operations: createInterned(),
    reactions: new Map(),
    choices: [],
    arrivals: [],
  };
}

export function internHost(cluster: Cluster, host: Host): number {
  return intern(cluster.hosts, textOf(host), host);
}

export function hostOf(cluster: Cluster, host: number): Host {
  return cluster.hosts.values[host] as Host;
}

export function packetOf(cluster: Cluster, packet: number): Packet {
  return cluster.packets.values[packet] as Packet;
}

export function packetsOf(cluster: Cluster, network: number): readonly number[] {
  return (cluster.networks.values[network] as Network).packets;
}

/** The packets that can arrive next. */
export function arrivingOf(cluster: Cluster, network: number): readonly number[] {
  return (cluster.networks.values[network] as Network).next;
}

export function react(cluster: Cluster, host: number, operation: number): Reaction {
  const key = host * MOST_OPERATIONS + operation;
  const known = cluster.reactions.get(key);
  if (known !== undefined) return known;
  const what = cluster.operations.values[operation] as Operation;
  const { host: next, sent } = operate(cluster.subject, hostOf(cluster, host), what);
  const reaction = {
    host: internHost(cluster, next),
    sent: sent.map((packet) => internPacket(cluster, packet)),
  };
  cluster.reactions.set(key, reaction);
  return reaction;
}

/** The operation of this packet's arrival. */
export function arrivalOf(cluster: Cluster, packet: number): number {
  const known = cluster.arrivals[packet];
  if (known !== undefined) return known;
  const operation = internOperation(cluster, { type: "packet", packet: packetOf(cluster, packet) });
  cluster.arrivals[packet] = operation;
  return operation;
}

export function internOperation(cluster: Cluster, operation: Operation): number {
  const number = intern(cluster.operations, JSON.stringify(operation), operation);
  if (number >= MOST_OPERATIONS) throw new RangeError("too many operations to number");
  return number;
}

/** The network without `taken` (-1: nothing), and with what was sent. */
export function changeNetwork(
  cluster: Cluster,
  network: number,
  taken: number,
  sent: readonly number[],
): number {
  if (taken < 0 && sent.length === 0) return network;
  const rest = packetsOf(cluster, network).slice();
  if (taken >= 0) rest.splice(rest.indexOf(taken), 1);
  return cluster.ordered ? withInOrder(cluster, rest, sent) : withAmong(cluster, rest, sent);
}

/** The network after a node's crash. */
export function breakConnections(cluster: Cluster, network: number, node: NodeId): number {
  if (!cluster.ordered) return network;
  const isLost = ({ kind, from, to }: Packet): boolean =>
    kind === "message" && (from === node || to === node);
  const rest = packetsOf(cluster, network).filter((packet) => !isLost(packetOf(cluster, packet)));
  return withInOrder(cluster, rest, []);
}

function withAmong(cluster: Cluster, packets: number[], sent: readonly number[]): number {
  for (const packet of sent) if (!packets.includes(packet)) packets.push(packet);
  packets.sort((one, other) => one - other);
  return internNetwork(cluster, packets, packets);
}

function withInOrder(cluster: Cluster, packets: number[], sent: readonly number[]): number {
  packets.push(...sent);
  const connection = (packet: number): string => connectionOf(packetOf(cluster, packet));
  // A stable sort: what goes from one node to another stays in its order.
  packets.sort((one, other) =>
    connection(one) < connection(other) ? -1 : connection(one) > connection(other) ? 1 : 0,
  );
  const next = packets.filter(
    (packet, place) => place === 0 || connection(packet) !== connection(packets[place - 1] as number),
  );
  return internNetwork(cluster, packets, next);
}

/** Messages share one connection; replication streams have their own. */
function connectionOf({ kind, from, to }: Packet): string {
  return `${from} ${to} ${kind === "message" ? "messages" : "stream"}`;
}

function internNetwork(cluster: Cluster, packets: readonly number[], next: readonly number[]): number {
  return intern(cluster.networks, packets.join(" "), { packets, next });
}

/** What a host may do without anything arriving: beats and crashes among it, for which there may be no more allowance. */
export function choicesOf(cluster: Cluster, host: number): readonly Choice[] {
  const known = cluster.choices[host];
  if (known !== undefined) return known;
  const choices = listChoices(hostOf(cluster, host), cluster.subject.nodes).map((what) => ({
    what,
    operation: internOperation(cluster, what),
  }));
  cluster.choices[host] = choices;
  return choices;
}

function listChoices(host: Host, nodes: number): Operation[] {
  if (host.state === null) return [{ type: "restart" }];
  const choices: Operation[] = [];
  const { commands, replies } = host.database;
  if (commands.length > 0) choices.push({ type: "database", fails: false });
  if (canFail(commands[0])) choices.push({ type: "database", fails: true });
  if (replies.length > 0) choices.push({ type: "reply" });
  if (host.outbox[0] === "flush") choices.push({ type: "flush" });
  const everybodyElse = ((1 << nodes) - 1) & ~(1 << (host.config.node - 1));
  for (let unheard = 0; unheard <= everybodyElse; unheard++) {
    if ((unheard & everybodyElse) === unheard) choices.push({ type: "beat", unheard });
  }
  for (let records = 0; records <= host.unsynced.length; records++) {
    for (let done = 0; done <= commands.length; done++)
      choices.push({ type: "crash", records, commands: done });
  }
  return choices;
}

function internPacket(cluster: Cluster, packet: Packet): number {
  return intern(cluster.packets, JSON.stringify(packet), packet);
}

/** A host whole, apart from its configuration, which never changes. Its number is part of what follows from it. */
function textOf(host: Host): string {
  return JSON.stringify(host, (name, value: unknown) => {
    if (name === "config") return (value as Host["config"]).node;
    // Keyed sets are mostly empty buckets.
    if (typeof value === "object" && value !== null && "buckets" in value) return valuesIn(value.buckets);
    return value;
  });
}

function valuesIn(buckets: unknown): unknown[] {
  return (buckets as Map<number, unknown>[]).flatMap((bucket) => [...bucket]);
}
