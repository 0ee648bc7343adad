/** The first state of a model of our reducers. */
import type { CommitProtocolName, NodeConfig } from "../../../protocol/config.ts";
import { firstNodes } from "../../../protocol/members.ts";
import { arrivalOf, arrivingOf, type Cluster, choicesOf, internHost, packetOf } from "../cluster.ts";
import { createHost, feed, type Host, type Operation, type Timeless } from "../host.ts";
import type { State } from "../model.ts";
import { TIMELESS } from "../timeless.ts";
import type { Allowance } from "./allowance.ts";
import { goOn, packLeft } from "./successors.ts";
import { COORDINATOR, type World } from "./world.ts";

export function beginning(world: World, { prepared, ...left }: Allowance): readonly number[] {
  const { cluster, nodes, protocol } = world;
  const state = Int32Array.from([...startHosts(cluster, protocol, nodes), 0, packLeft(left)]);
  if (prepared) prepareAll(world, state);
  return [...state];
}

/** Carries out whatever needs no message, in any order: each node's PREPARE, and what it says of it, which nobody hears. */
function prepareAll(world: World, state: State): void {
  const { cluster, nodes } = world;
  const next = new Int32Array(state.length);
  for (let changed = true; changed; ) {
    changed = false;
    for (const packet of arrivingOf(cluster, state[nodes] as number)) {
      const { kind, to } = packetOf(cluster, packet);
      if (kind === "message" || !goOn(world, state, next, to, arrivalOf(cluster, packet), packet, 0))
        continue;
      changed = true;
      state.set(next);
      break;
    }
    for (let node = 1; node <= nodes; node++) {
      const choices = choicesOf(cluster, state[node - 1] as number);
      const choice = choices.find(({ what }) => isWithoutHarm(what));
      if (choice === undefined) continue;
      if (!goOn(world, state, next, node, choice.operation, -1, 0)) continue;
      changed = true;
      state.set(next);
    }
  }
}

function isWithoutHarm(what: Operation): boolean {
  return what.type === "reply" || what.type === "flush" || (what.type === "database" && !what.fails);
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
      initial: firstNodes(nodes),
      referee: 0,
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
