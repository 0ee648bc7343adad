/**
 * The nemesis's hands: carries out the faults of a scenario, at their times, at effect boundaries, or drawn from the
 * seed, and takes them back.
 */
import { contains, firstNodes, type NodeId, type NodeSet, setOf } from "../protocol/members.ts";
import { type Fault, type ScheduledFault, undoing } from "../scenarios/faults.ts";
import type { Micros } from "../scenarios/history.ts";
import { type Random, randomInt, randomOf } from "../scenarios/random.ts";
import { sample } from "../scenarios/sampling.ts";
import type { NemesisParameters } from "../scenarios/scenario.ts";
import { setClockRate, stepClock } from "./clock.ts";
import { KIND, linkTarget, targetLink, targetVersion } from "./engine/kinds.ts";
import { breakStream, crashMachine, pauseMachine, pushForNode, startMachine } from "./engine/machine.ts";
import { push } from "./engine/queue.ts";
import { streamOf } from "./engine/random.ts";
import { type ArmedTrigger, machineOf, type SimWorld } from "./engine/world.ts";
import { breakLink, cutLink, healLink, isSeparated, type Link } from "./network.ts";

/** Puts the scenario's faults into the queue, or on watch for their effect. */
export function scheduleFaults(world: SimWorld): void {
  const { armed } = world.state;
  world.scenario.faults.forEach(({ when }, index) => {
    if ("at" in when) schedule(world, when.at, KIND.fault, index, null);
    else armed.push({ index, remaining: when.on.nth });
  });
  world.trigger = (trigger) => fireTrigger(world, trigger);
  const { nemesis } = world.scenario;
  if (nemesis !== null) schedule(world, nemesis.from, KIND.nemesis, 0, null);
}

/** A fault of the scenario is due. */
export function takeFault(world: SimWorld, index: number): void {
  const scheduled = world.scenario.faults[index] as ScheduledFault;
  inflict(world, scheduled.fault, scheduled.forUs ?? null);
}

/** A fault, undone after `forUs`; for ever if null. */
export function inflict(world: SimWorld, fault: Fault, forUs: Micros | null): void {
  const { queue } = world.state;
  carryOutFault(world, fault);
  const undo = undoing(fault);
  if (forUs !== null && undo !== null) schedule(world, queue.time + forUs, KIND.undo, 0, undo);
}

/** The nemesis draws a fault, and when the next one comes. Its last is undone before the clients stop. */
export function drawFault(world: SimWorld): void {
  const { nemesis, nodes, duration } = world.scenario;
  if (nemesis === null) return;
  const random = streamOf(world.streams, "nemesis");
  const { queue } = world.state;
  const next = queue.time + sample(nemesis.every, random);
  const lasts = Math.min(sample(nemesis.lasts, random), duration - queue.time - 1);
  const fault = randomFault(nemesis, nodes, random);
  if (lasts <= 0) return;
  if (isPossible(world, fault)) inflict(world, fault, lasts);
  if (next < duration) schedule(world, next, KIND.nemesis, 0, null);
}

/** A cut has lasted so long that the connection breaks. */
export function takeBreak(world: SimWorld, target: number): void {
  const link = world.state.network.links[targetLink(target)] as Link;
  if (!link.cut || link.cuts !== targetVersion(target)) return;
  if (link.channel === "stream") breakStream(world, link);
  else breakLink(link);
}

/** A cut ends: what the link held arrives now, in order, and before anything that is still on its way. */
export function takeUncut(world: SimWorld, target: number): void {
  const { network, queue } = world.state;
  const index = targetLink(target);
  const link = network.links[index] as Link;
  if (link.cuts !== targetVersion(target)) return;
  const kind = link.channel === "stream" ? KIND.change : KIND.message;
  const arrival = linkTarget(index, link.connection);
  for (const payload of healLink(link)) push(queue, queue.time, kind, arrival, payload);
}

export function carryOutFault(world: SimWorld, fault: Fault): void {
  world.observe?.({ type: "fault", fault }, world.state.queue.time);
  const now = world.state.queue.time;
  const { network } = world.state;
  switch (fault.kind) {
    case "crash":
      return crashMachine(world, machineOf(world, fault.node));
    case "restart": {
      const machine = machineOf(world, fault.node);
      if (!machine.up)
        push(world.state.queue, now + world.scenario.database.restart, KIND.start, fault.node, null);
      return;
    }
    case "pause":
      return pauseMachine(machineOf(world, fault.node));
    case "resume": {
      // Ends in an event of its own, behind all that reaches the machine at this very moment.
      const machine = machineOf(world, fault.node);
      if (machine.paused) pushForNode(world, machine, 0, KIND.resumed, null);
      return;
    }
    case "cut":
      return cut(world, (from, to) => isCut(fault.from, fault.to, fault.both, from, to));
    case "partition": {
      const groups = fault.groups.map((group) => group.reduce((set, id) => set | setOf(id), 0));
      return cut(world, (from, to) => isSeparated(groups, from, to));
    }
    case "heal":
      return heal(world);
    case "loss":
      network.loss = fault.rate;
      return;
    case "duplication":
      network.duplication = fault.rate;
      return;
    case "delay":
      network.delayUpTo = fault.upToUs;
      return;
    case "clock step":
      return stepClock(machineOf(world, fault.node).clock, now, fault.byUs);
    case "clock rate":
      return setClockRate(machineOf(world, fault.node).clock, now, fault.ppm);
    case "slow fsync":
      machineOf(world, fault.node).fsyncFactor = fault.factor;
      return;
  }
}

export function startNode(world: SimWorld, node: NodeId): void {
  startMachine(world, machineOf(world, node));
}

/** An event of the nemesis's own: the run does not end before it. */
function schedule(world: SimWorld, at: Micros, kind: number, target: number, payload: unknown): void {
  world.state.scheduled += 1;
  push(world.state.queue, at, kind, target, payload);
}

function fireTrigger(world: SimWorld, trigger: ArmedTrigger): void {
  const { armed } = world.state;
  armed.splice(armed.indexOf(trigger), 1);
  takeFault(world, trigger.index);
}

function isCut(
  froms: readonly NodeId[],
  tos: readonly NodeId[],
  both: boolean,
  from: NodeId,
  to: NodeId,
): boolean {
  if (froms.includes(from) && tos.includes(to)) return true;
  return both && froms.includes(to) && tos.includes(from);
}

function cut(world: SimWorld, isAffected: (from: NodeId, to: NodeId) => boolean): void {
  const { network, queue } = world.state;
  network.links.forEach((link, index) => {
    const { from, to } = link;
    if (from === 0 || to === 0 || from === to || link.cut || !isAffected(from, to)) return;
    const number = cutLink(link);
    if (!link.ordered) return;
    const due = queue.time + world.scenario.network.breakAfter;
    push(queue, due, KIND.breakLink, linkTarget(index, number), null);
  });
}

function heal(world: SimWorld): void {
  const { network, queue } = world.state;
  network.loss = world.scenario.network.loss;
  network.duplication = world.scenario.network.duplication;
  network.delayUpTo = 0;
  network.links.forEach((link, index) => {
    // Each ends in an event of its own, behind all that reaches the end of the link at this very moment.
    if (link.cut) push(queue, queue.time, KIND.uncut, linkTarget(index, link.cuts), null);
  });
}

function randomFault(nemesis: NemesisParameters, nodes: number, random: Random): Fault {
  const kind = randomOf(random, nemesis.kinds);
  const node = 1 + randomInt(random, nodes);
  const other = 1 + ((node - 1 + 1 + randomInt(random, Math.max(1, nodes - 1))) % nodes);
  switch (kind) {
    case "crash":
    case "pause":
      return { kind, node };
    case "cut":
      return { kind, from: [node], to: [other], both: random() < 0.5 };
    case "partition":
      return { kind, groups: randomHalves(nodes, random) };
    case "clock step":
      return { kind, node, byUs: randomInt(random, 2 * nemesis.step + 1) - nemesis.step };
    case "clock rate":
      return { kind, node, ppm: randomInt(random, 200_001) - 100_000 };
    case "slow fsync":
      return { kind, node, factor: 1 + randomInt(random, 100) };
    case "delay":
      return { kind, upToUs: randomInt(random, 50_000) };
  }
}

function randomHalves(nodes: number, random: Random): NodeId[][] {
  let side: NodeSet = 0;
  for (let node = 1; node <= nodes; node++) if (random() < 0.5) side |= setOf(node);
  const all = listed(firstNodes(nodes), nodes);
  return [all.filter((node) => contains(side, node)), all.filter((node) => !contains(side, node))];
}

function listed(set: NodeSet, nodes: number): NodeId[] {
  const list: NodeId[] = [];
  for (let node = 1; node <= nodes; node++) if (contains(set, node)) list.push(node);
  return list;
}

/** A machine that is down cannot go down, and one pause is not ended by another's end. */
function isPossible(world: SimWorld, fault: Fault): boolean {
  if (fault.kind !== "crash" && fault.kind !== "pause") return true;
  const machine = machineOf(world, fault.node);
  return machine.up && !machine.paused;
}
