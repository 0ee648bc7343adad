/**
 * Whether a cluster works as far as it can: where a majority sees each other, one generation of nodes is at work, and
 * whoever sees all of these is one of them.
 */
import { contains, type NodeId, type NodeSet, setOf, toList } from "../../protocol/members.ts";
import { largestClique } from "../../protocol/membership/clique.ts";
import { belongs } from "../../protocol/membership/configuration.ts";
import { type Generation, isMajority } from "../../protocol/membership/generation.ts";
import { disconnected } from "../../protocol/membership/links.ts";
import { isOnline } from "../../protocol/membership/online.ts";
import { isReferee, withData } from "../../protocol/membership/scope.ts";
import { isTooFarBehind, whyNotServing } from "../../protocol/membership/standing.ts";
import type { NodeState } from "../../protocol/state.ts";
import { type Distribution, showMicros } from "../durations.ts";
import type { Micros } from "../history.ts";
import type { Scenario } from "../scenario.ts";

export interface Standing {
  readonly node: NodeId;
  readonly up: boolean;
  readonly paused: boolean;
  readonly state: NodeState;
}

/** What is still to be healed, in a sentence; null if nothing is. `nodes` by number, entry 0 unused. */
export function unhealed(
  nodes: readonly Standing[],
  canHear: (from: NodeId, to: NodeId) => boolean,
): string | null {
  const able = nodes.filter(({ node, up, paused }) => node !== 0 && up && !paused);
  if (able[0] === undefined || able[0].state.config.membership === "fixed") return null;
  const configured = latestConfigured(nodes);
  const isLinked = (one: NodeId, other: NodeId): boolean => canHear(one, other) && canHear(other, one);
  const working = able.filter(({ state }) => isWorking(state));
  const first = working[0];
  if (first === undefined) {
    return whyNobody(
      able.filter(({ node }) => contains(configured, node)),
      configured,
      isLinked,
    );
  }
  const { current } = first.state.membership;
  const mask = working.reduce((set, { node }) => set | setOf(node), 0);
  const members = withData(first.state, current.members);
  if (mask !== members) {
    const missing = members & ~mask;
    const who =
      missing === 0 ? `node ${toList(mask & ~members).join(", ")} still works` : idle(nodes, missing);
    return `generation ${current.number} is of nodes ${toList(members).join(", ")}, but ${who}`;
  }
  const { removing } = first.state.membership;
  // Whose WAL a node that stays may need is not removed; who needs nobody's any more must be replaced first.
  const isStuck = able.some(
    ({ node, state }) => contains(configured & ~removing, node) && isLeftBehind(state),
  );
  if (removing !== 0 && !isStuck) return `node ${toList(removing).join(", ")} is still to be removed`;
  for (const { node, state } of able) {
    if (!canCome(state) || contains(mask, node) || !working.every((other) => isLinked(node, other.node)))
      continue;
    return `node ${node} sees all that work, and is not online: ${whyNotServing(state)}`;
  }
  return null;
}

/**
 * A failure detector that is faster than the network suspects nodes that are well, for ever, and no rule of elections can
 * then bring a generation to rest: that heartbeats come in time is what healing assumes (Chandra, Toueg, JACM 1996).
 */
export function suspectsTheHealthy({ protocol, network, disk, snapshot }: Scenario): string | null {
  const patience = protocol.suspectBeats * protocol.heartbeat;
  const latencies = [network.latency, ...network.links.map(({ latency }) => latency)];
  const trip = Math.max(...latencies.map(spreadOf)) + (snapshot === "clock-si" ? spreadOf(disk.fsync) : 0);
  if (patience > 2 * protocol.heartbeat + 2 * trip) return null;
  return `a node is suspected after ${showMicros(patience)}, and heartbeats come up to ${showMicros(trip)} late`;
}

/** How much later one can be than another; of one without a bound, what is exceeded once in 20,000 times. */
function spreadOf(distribution: Distribution): Micros {
  switch (distribution.kind) {
    case "fixed":
      return 0;
    case "uniform":
      return distribution.max - distribution.min;
    case "exponential":
      return 10 * distribution.mean;
  }
}

/** Not one that was removed, or says that it must be. */
function canCome(state: NodeState): boolean {
  const { membership } = state;
  if (membership.lost || !belongs(state) || isReferee(state)) return false;
  return !isLeftBehind(state);
}

/** It says that it must be replaced, which can be true only where WAL is given up. */
export function isLeftBehind(state: NodeState): boolean {
  return state.config.maxKeptBytes > 0 && isTooFarBehind(state);
}

/** Those that are up and online in the latest generation: a node that has not heard of that one may be behind. */
export function latestOnline<Node extends Standing>(nodes: readonly Node[]): Node[] {
  const online = nodes.filter(({ node, up, state }) => node !== 0 && up && isOnline(state));
  const latest = Math.max(...nodes.map(({ state }) => state.membership.current.number));
  return online.filter(({ state }) => state.membership.current.number === latest);
}

/** The nodes of the cluster, as the latest generation that anybody knows has them. */
export function latestConfigured(nodes: readonly Standing[]): NodeSet {
  let latest: Generation | null = null;
  for (const { node, state } of nodes) {
    const { current } = state.membership;
    if (node !== 0 && (latest === null || current.number > latest.number)) latest = current;
  }
  return latest?.configured ?? 0;
}

/** Copies in doubt are judged as transactions in doubt. */
function isWorking(state: NodeState): boolean {
  return isOnline(state) && disconnected(state, state.membership.current.members) === 0;
}

function whyNobody(
  able: readonly Standing[],
  configured: NodeSet,
  isLinked: (one: NodeId, other: NodeId) => boolean,
): string | null {
  const links: NodeSet[] = [];
  let among = 0;
  for (const { node } of able) {
    among |= setOf(node);
    links[node] = able.reduce(
      (set, other) => (isLinked(node, other.node) ? set | setOf(other.node) : set),
      setOf(node),
    );
  }
  for (let node = 0; node <= 16; node++) links[node] ??= 0;
  const clique = largestClique(links, among);
  if (!isMajority(clique, configured) || waitsForWinner(able, clique)) return null;
  const one = able.find(({ node }) => contains(clique, node)) as Standing;
  const why = whyNotServing(one.state) ?? "it serves";
  return `nodes ${toList(clique).join(", ")} see each other, and none is online; node ${one.node}: ${why}`;
}

/** The referee has let another node go on alone, which may have what these lack. */
function waitsForWinner(able: readonly Standing[], clique: NodeSet): boolean {
  const referee = able.find(({ state }) => isReferee(state))?.state;
  if (referee === undefined || !contains(clique, referee.config.node)) return false;
  const { grantedTo } = referee.membership;
  return grantedTo !== 0 && !contains(clique, grantedTo);
}

function idle(nodes: readonly Standing[], missing: NodeSet): string {
  const [node = 0] = toList(missing);
  const one = nodes[node];
  if (one === undefined || !one.up) return `node ${node} is down`;
  if (one.paused) return `node ${node} is paused`;
  return `node ${node} is not online: ${whyNotServing(one.state)}`;
}
