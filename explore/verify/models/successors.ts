/** What can happen next, in a model of our reducers. */
import { type NodeId, setOf } from "../../../protocol/members.ts";
import {
  arrivalOf,
  arrivingOf,
  breakConnections,
  changeNetwork,
  choicesOf,
  packetOf,
  packetsOf,
  react,
} from "../cluster.ts";
import type { Operation, Packet } from "../host.ts";
import type { State, Visit } from "../model.ts";
import type { Allowance } from "./allowance.ts";
import { type Action, SUSPECTS } from "./vocabulary.ts";
import { COORDINATOR, isUp, type World } from "./world.ts";

export function listSuccessors(world: World, state: State, next: State, visit: Visit): void {
  const { nodes } = world;
  for (const packet of arrivingOf(world.cluster, state[nodes] as number)) {
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

export const ARGUMENTS = 1 << 20;

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
export function goOn(
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
  const { type } = cluster.operations.values[operation] as Operation;
  const before = state[nodes] as number;
  const network = type === "crash" ? breakConnections(cluster, before, node) : before;
  const reaction = react(cluster, host, operation);
  next.set(state);
  next[node - 1] = reaction.host;
  next[nodes] = changeNetwork(cluster, network, taken, reaction.sent);
  next[nodes + 1] = (state[nodes + 1] as number) - cost;
  if (reaction.host !== host) return true;
  // What is behind it can come only now.
  if (cluster.ordered && taken >= 0) return true;
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

/** What is left of each allowance, a byte each. */
export function packLeft(left: Pick<Allowance, "timeouts" | "crashes" | "duplicates" | "failures">): number {
  return left.timeouts | (left.crashes << 8) | (left.duplicates << 16) | (left.failures << 24);
}

const ONE_TIMEOUT = 1;
const ONE_CRASH = 1 << 8;
const ONE_DUPLICATE = 1 << 16;
const ONE_FAILURE = 1 << 24;
