/**
 * The nemesis's hands: carries out the faults of a scenario, at their times, at effect boundaries, or drawn from the
 * seed, and takes them back.
 */
import { contains, type NodeId, setOf } from "../protocol/members.ts";
import { isOnline } from "../protocol/membership/online.ts";
import { disconnectClients } from "../scenarios/director.ts";
import { type Fault, type ScheduledFault, type Separation, undoing } from "../scenarios/faults.ts";
import type { Micros } from "../scenarios/history.ts";
import { randomFault } from "../scenarios/nemeses/drawn.ts";
import { sample } from "../scenarios/sampling.ts";
import { createWorkload } from "../scenarios/workloads/workloads.ts";
import { setClockRate, stepClock } from "./clock.ts";
import { KIND, linkTarget, targetLink, targetVersion } from "./engine/kinds.ts";
import {
  breakStream,
  crashMachine,
  order,
  pauseMachine,
  pushForNode,
  replaceServer,
  startMachine,
} from "./engine/machine.ts";
import { push } from "./engine/queue.ts";
import { streamOf } from "./engine/random.ts";
import { type ArmedTrigger, loadedServer, type Machine, machineOf, type SimWorld } from "./engine/world.ts";
import { createLog } from "./log.ts";
import { breakLink, cutLink, healLink, isSeparated, type Link } from "./network.ts";

/** Puts the scenario's faults into the queue, or on watch for their effect. */
export function scheduleFaults(world: SimWorld): void {
  const { armed } = world.state;
  world.scenario.faults.forEach(({ when }, index) => {
    if ("at" in when) schedule(world, when.at, KIND.fault, index, null);
    else armed.push({ index, remaining: when.on.nth });
  });
  world.trigger = (trigger) => fireTrigger(world, trigger);
  const { nemesis, duration } = world.scenario;
  push(world.state.queue, duration, KIND.calm, 0, null);
  if (nemesis === null) return;
  schedule(world, nemesis.from, KIND.nemesis, 0, null);
  if (nemesis.majority === 0) return;
  schedule(world, duration - nemesis.majority, KIND.leaveAlone, 0, null);
  schedule(world, duration, KIND.free, 0, null);
}

/** A fault of the scenario is due. None comes while a majority is left alone. */
export function takeFault(world: SimWorld, index: number): void {
  if (world.state.frozen !== null) return;
  const scheduled = world.scenario.faults[index] as ScheduledFault;
  inflict(world, scheduled.fault, scheduled.forUs ?? null, false);
}

/** What an event of kind `undo` carries: a fault that takes another back, or the number of a separation that ends. */
export type Undo = Fault | { readonly kind: "rejoin"; readonly number: number };

/** A fault, undone after `forUs`; for ever if null. */
function inflict(world: SimWorld, fault: Fault, forUs: Micros | null, drawn: boolean): void {
  world.observe?.({ type: "fault", fault, forUs, drawn }, world.state.queue.time);
  carryOutFault(world, fault);
  if (forUs === null) return;
  const undo = undoOf(world, fault);
  if (undo !== null) schedule(world, world.state.queue.time + forUs, KIND.undo, 0, undo);
}

function undoOf(world: SimWorld, fault: Fault): Undo | null {
  const isSeparation = fault.kind === "cut" || fault.kind === "partition";
  if (isSeparation) return { kind: "rejoin", number: world.state.separated };
  return undoing(fault, world.scenario.network);
}

export function takeUndo(world: SimWorld, undo: Undo): void {
  if (undo.kind === "rejoin") rejoin(world, undo.number);
  else if (undo.kind === "resume" && isFrozen(world, undo.node)) return;
  else carryOutFault(world, undo);
}

/** The nemesis draws a fault, and when the next one comes. Its last is undone before the clients stop. */
export function drawFault(world: SimWorld): void {
  const { nemesis, nodes, duration } = world.scenario;
  if (nemesis === null) return;
  const random = streamOf(world.streams, "nemesis");
  const { queue } = world.state;
  const next = queue.time + sample(nemesis.every, random);
  const end = duration - nemesis.majority;
  const lasts = sample(nemesis.lasts, random);
  const fault = randomFault(nemesis, nodes, random);
  // What is down or stands still when a majority is left alone may remain so.
  const mends = fault.kind === "crash" || fault.kind === "pause" ? duration : end;
  if (queue.time + 1 >= end) return;
  if (isPossible(world, fault)) inflict(world, fault, Math.min(lasts, mends - queue.time - 1), true);
  if (next < end) schedule(world, next, KIND.nemesis, 0, null);
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
  if (link.cuts !== targetVersion(target) || isKeptApart(world, link)) return;
  const kind = link.channel === "stream" ? KIND.change : KIND.message;
  const arrival = linkTarget(index, link.connection);
  for (const payload of healLink(link)) push(queue, queue.time, kind, arrival, payload);
}

export function carryOutFault(world: SimWorld, fault: Fault): void {
  const now = world.state.queue.time;
  const { network } = world.state;
  switch (fault.kind) {
    case "crash":
      return crashMachine(world, machineOf(world, fault.node));
    case "restart": {
      const machine = machineOf(world, fault.node);
      if (!machine.up) schedule(world, now + world.scenario.database.restart, KIND.start, fault.node, null);
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
    case "disconnect":
      return disconnectClients(world.director, fault.node);
    case "cut":
    case "partition":
      return separate(world, fault);
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
    case "join": {
      const machine = machineOf(world, fault.node);
      startMachine(world, machine);
      return order(world, machine, { kind: "join" });
    }
    case "remove":
      return askToRemove(world, fault);
    case "lose disk":
      return loseDisk(world, machineOf(world, fault.node));
  }
}

/** How long an operator whom nobody answers waits. */
const ASK_AGAIN_US = 200_000;

/** Any node that is online will do, but rather not the one that is to go. */
function askToRemove(world: SimWorld, fault: Extract<Fault, { kind: "remove" }>): void {
  const able = world.state.machines.filter(({ up, paused, state }) => up && !paused && isOnline(state));
  const asked =
    fault.by === undefined
      ? (able.find(({ node }) => node !== fault.node) ?? able[0])
      : able.find(({ node }) => node === fault.by);
  if (asked === undefined) return schedule(world, world.state.queue.time + ASK_AGAIN_US, KIND.undo, 0, fault);
  order(world, asked, { kind: "remove", nodes: setOf(fault.node) });
}

function loseDisk(world: SimWorld, machine: Machine): void {
  crashMachine(world, machine);
  machine.lost = true;
  machine.log = createLog();
  const { workload, nodes } = world.scenario;
  const server = loadedServer(world.scenario, createWorkload(workload, nodes), machine.node);
  for (const slot of server.slots) slot.exists = false;
  replaceServer(machine, server);
}

/** From now on the cluster has time to settle: it is judged by what it does when nothing is in its way. */
export function calmNetwork(world: SimWorld): void {
  const { network } = world.state;
  network.loss = 0;
  network.duplication = 0;
}

/** One that is frozen is started when it is freed. */
export function startNode(world: SimWorld, node: NodeId): void {
  if (!isFrozen(world, node)) startMachine(world, machineOf(world, node));
}

function isFrozen({ state }: SimWorld, node: NodeId): boolean {
  return state.frozen !== null && contains(state.frozen, node);
}

/** An event of the nemesis's own: the run does not end before it. */
export function schedule(world: SimWorld, at: Micros, kind: number, target: number, payload: unknown): void {
  world.state.scheduled += 1;
  push(world.state.queue, at, kind, target, payload);
}

function fireTrigger(world: SimWorld, trigger: ArmedTrigger): void {
  const { armed } = world.state;
  armed.splice(armed.indexOf(trigger), 1);
  takeFault(world, trigger.index);
}

function separate(world: SimWorld, separation: Separation): void {
  const { network, queue, separations } = world.state;
  world.state.separated += 1;
  separations.push({ number: world.state.separated, separation });
  network.links.forEach((link, index) => {
    if (link.cut || !keepsApart(separation, link.from, link.to)) return;
    const rejects = separation.rejects === true;
    const number = cutLink(link, rejects);
    if (!link.ordered) return;
    const due = queue.time + (rejects ? 0 : world.scenario.network.breakAfter);
    push(queue, due, KIND.breakLink, linkTarget(index, number), null);
  });
}

/** One separation ends; what another one cuts too stays cut. */
function rejoin(world: SimWorld, number: number): void {
  const { state } = world;
  state.separations = state.separations.filter((one) => one.number !== number);
  joinLinks(world);
}

function isKeptApart({ state }: SimWorld, { from, to }: Link): boolean {
  return state.separations.some(({ separation }) => keepsApart(separation, from, to));
}

function keepsApart(separation: Separation, from: NodeId, to: NodeId): boolean {
  if (from === 0 || to === 0 || from === to) return false;
  if (separation.kind === "partition") {
    const groups = separation.groups.map((group) => group.reduce((set, id) => set | setOf(id), 0));
    return isSeparated(groups, from, to);
  }
  if (separation.from.includes(from) && separation.to.includes(to)) return true;
  return separation.both && separation.from.includes(to) && separation.to.includes(from);
}

function joinLinks(world: SimWorld): void {
  const { network, queue } = world.state;
  network.links.forEach((link, index) => {
    if (!link.cut || isKeptApart(world, link)) return;
    // Each ends in an event of its own, behind all that reaches the end of the link at this very moment.
    push(queue, queue.time, KIND.uncut, linkTarget(index, link.cuts), null);
  });
}

function heal(world: SimWorld): void {
  const { network } = world.state;
  const calm = world.state.queue.time >= world.scenario.duration;
  network.loss = calm ? 0 : world.scenario.network.loss;
  network.duplication = calm ? 0 : world.scenario.network.duplication;
  network.delayUpTo = 0;
  world.state.separations = [];
  joinLinks(world);
}

/** A machine that is down cannot go down, and one pause is not ended by another's end. */
function isPossible(world: SimWorld, fault: Fault): boolean {
  if (fault.kind !== "crash" && fault.kind !== "pause") return true;
  const machine = machineOf(world, fault.node);
  return machine.up && !machine.paused;
}
