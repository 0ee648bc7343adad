/**
 * The end of a storm: a majority drawn from the seed is made whole and left alone, while the other nodes stand still as
 * they are, be they up or down. So nobody can say that whoever did not answer would have.
 */
import { majority, type NodeSet, setOf, toList } from "../protocol/members.ts";
import { stallsOf } from "../scenarios/checks/progress.ts";
import { latestConfigured, unhealed } from "../scenarios/checks/service.ts";
import { type Random, randomInt } from "../scenarios/random.ts";
import { streamOf } from "./engine/random.ts";
import { machineOf, type SimWorld } from "./engine/world.ts";
import { calmNetwork, carryOutFault } from "./faults.ts";
import { linkOf } from "./network.ts";
import { recovered } from "./postgres/server.ts";

export function leaveMajorityAlone(world: SimWorld): void {
  const { machines, queue } = world.state;
  const configured = latestConfigured(machines);
  const nodes = drawMajority(configured, streamOf(world.streams, "majority"));
  const frozen = configured & ~nodes;
  world.observe?.({ type: "left alone", nodes, frozen }, queue.time);
  for (const node of toList(frozen)) carryOutFault(world, { kind: "pause", node });
  carryOutFault(world, { kind: "heal" });
  calmNetwork(world);
  for (const node of toList(nodes)) mend(world, node);
  world.state.frozen = frozen;
}

export function freeTheRest(world: SimWorld): void {
  const { state, scenario } = world;
  const { machines, network, queue } = state;
  const canHear = (from: number, to: number): boolean => !linkOf(network, "messages", from, to).cut;
  const nodes = machines.map(({ node, up, paused, state, server }) => {
    return { node, up, paused, state, prepared: recovered(server).prepared };
  });
  world.observe?.(
    {
      type: "freed",
      unhealed: unhealed(nodes, canHear),
      stalls: stallsOf({ scenario, nodes, canHear }),
    },
    queue.time,
  );
  const frozen = state.frozen ?? 0;
  state.frozen = null;
  for (const node of toList(frozen)) mend(world, node);
}

function mend(world: SimWorld, node: number): void {
  const { up, paused } = machineOf(world, node);
  if (!up) carryOutFault(world, { kind: "restart", node });
  if (paused) carryOutFault(world, { kind: "resume", node });
  carryOutFault(world, { kind: "slow fsync", node, factor: 1 });
}

/** Of any size, but not all if there is a smaller one. */
function drawMajority(configured: NodeSet, random: Random): NodeSet {
  const left = toList(configured);
  const spared = left.length - majority(configured);
  const frozen = spared === 0 ? 0 : 1 + randomInt(random, spared);
  let nodes = configured;
  for (let count = 0; count < frozen; count++) {
    const [node = 0] = left.splice(randomInt(random, left.length), 1);
    nodes &= ~setOf(node);
  }
  return nodes;
}
