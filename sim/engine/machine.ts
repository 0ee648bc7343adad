/**
 * One machine at work: it feeds its node's reducer, carries out the effects under the host's contract, and connects
 * its PostgreSQL to the disk and the network.
 *
 * The contract (protocol/effects.ts): effects are carried out in the order in which they were emitted; a forced log
 * write holds back all that stands behind it until it is durable; only `unordered` ones overtake. A log write itself
 * is begun when it is emitted, so that one fsync serves all that wait.
 */

import type { Request } from "../../protocol/client.ts";
import type {
  DatabaseCommand,
  DatabaseReply,
  StreamChange,
  StreamMode,
  StreamPart,
} from "../../protocol/database.ts";
import type { Effect, TimerName } from "../../protocol/effects.ts";
import type { Input } from "../../protocol/inputs.ts";
import type { NodeId } from "../../protocol/members.ts";
import type { Order } from "../../protocol/membership/configuration.ts";
import type { Message } from "../../protocol/messages.ts";
import type { DurableRecord } from "../../protocol/records.ts";
import { reduce } from "../../protocol/reduce.ts";
import { mayStartOnCopy } from "../../protocol/replication/copying.ts";
import { answerClient, loseSessions, noteGid } from "../../scenarios/director.ts";
import type { Fact } from "../../scenarios/facts.ts";
import { isSite } from "../../scenarios/faults.ts";
import type { Random } from "../../scenarios/random.ts";
import { sample } from "../../scenarios/sampling.ts";
import { readClock, realSpan } from "../clock.ts";
import { beginSync, crashFile, type DiskFile, endSync } from "../disk.ts";
import { crashLog, type LogChange, recordsOf, settleLog, writeLog } from "../log.ts";
import {
  arrivalOf,
  breakLink,
  type Channel,
  echoOf,
  type Link,
  linkIndex,
  linkOf,
  meet,
} from "../network.ts";
import { copyServer } from "../postgres/copying.ts";
import {
  closeStream,
  confirmStream,
  crash as crashServer,
  carryOut as executeCommand,
  finishCommit,
  openStream,
  probeStream,
  recovered,
  waitCheck,
  walFlushed,
} from "../postgres/server.ts";
import type { Server, ServerHost, ServerObserver, WaitCheck as WaitKind } from "../postgres/state.ts";
import { dropSpool, takePart } from "../spool.ts";
import { foldInput } from "./fingerprint.ts";
import {
  KIND,
  linkTarget,
  nodeTarget,
  TIMER_NAMES,
  targetIncarnation,
  targetLink,
  targetVersion,
  timerKind,
} from "./kinds.ts";
import { push } from "./queue.ts";
import {
  type FactSink,
  freshState,
  type Machine,
  machineOf,
  type Postponed,
  type SimWorld,
} from "./world.ts";

/** How long a reader waits before it tries again to open a stream. */
const REOPEN_US = 50_000;

interface Finishing {
  readonly gid: number;
  readonly session: number;
}

interface Opening {
  readonly from: NodeId;
  readonly mode: StreamMode;
  /** The connection that it is to be: none that was closed before is opened late. */
  readonly connection: number;
}

interface WaitCheck {
  readonly session: number;
  readonly waitId: number;
  readonly kind: WaitKind;
}

/** Gives every machine its ends of the wires. */
export function connectMachines(world: SimWorld): void {
  for (const machine of world.state.machines) {
    const { node } = machine;
    world.emitters[node] = (effect) => emit(world, machineOf(world, node), effect);
    world.hosts[node] = hostOf(world, node);
  }
}

/** Starts a machine that is down: crash recovery is done, and the node is told what is durable. */
export function startMachine(world: SimWorld, machine: Machine): void {
  if (machine.up) return;
  machine.up = true;
  machine.state = freshState(world.scenario, machine.node);
  world.observe?.({ type: "started", node: machine.node }, world.state.queue.time);
  const { prepared, outcomes, finished, copied } = recovered(machine.server);
  feed(world, machine, {
    type: "started",
    now: clockOf(world, machine),
    records: recordsOf(machine.log),
    prepared,
    outcomes,
    finished,
    copied,
    lost: machine.lost,
  });
}

/** What an operator asks of a machine that is up. */
export function order(world: SimWorld, machine: Machine, asked: Order): void {
  feed(world, machine, { type: "order", now: clockOf(world, machine), order: asked });
}

/** The machine stops at once. What it had sent is on its way; what comes to it is lost. */
export function crashMachine(world: SimWorld, machine: Machine): void {
  if (!machine.up) return;
  const { node } = machine;
  machine.up = false;
  machine.paused = false;
  machine.incarnation += 1;
  machine.outbox.length = 0;
  machine.backlog.length = 0;
  machine.spool.clear();
  const keep = world.scenario.disk.unsynced === "lost" ? 0 : (world.draws.disks[node] as Random)();
  const observe = world.observe;
  crashLog(
    machine.log,
    keep,
    observe === null ? null : (record) => observe({ type: "recorded", node, record }, world.state.queue.time),
  );
  machine.wal.written = machine.server.wal.written;
  crashFile(machine.wal, keep);
  crashServer(machine.server, hostAt(world, machine), machine.wal.synced);
  machine.wal.written = machine.server.wal.written;
  machine.wal.synced = machine.server.wal.written;
  observe?.({ type: "crashed", node }, world.state.queue.time);
  breakConnections(world, node);
  loseSessions(world.director, node);
}

export function pauseMachine(machine: Machine): void {
  if (machine.up) machine.paused = true;
}

/** What had come meanwhile is taken now, in the order in which it came, and before anything that comes later. */
export function resumeMachine(world: SimWorld, machine: Machine): void {
  machine.paused = false;
  resumeOutbox(world, machine);
  const { queue } = world.state;
  for (const postponed of machine.backlog.splice(0)) {
    push(queue, queue.time, KIND.postponed, machine.node, postponed);
  }
}

/** It had come before the pause ended, so a cut is no obstacle any more; of a connection that has broken nothing is left. */
export function takePostponed(world: SimWorld, machine: Machine, postponed: Postponed): void {
  const { kind, target, payload } = postponed;
  if (!machine.up) return;
  if (kind <= KIND.change) {
    const link = world.state.network.links[targetLink(target)] as Link;
    if (link.ordered && link.connection !== targetVersion(target)) return;
  }
  takeNodeEvent(world, machine, kind, target, payload);
}

/** An event whose target is a node of some incarnation, or something on a link that was delivered to it. */
export function takeNodeEvent(
  world: SimWorld,
  machine: Machine,
  kind: number,
  target: number,
  payload: unknown,
): void {
  if (machine.paused) {
    machine.backlog.push({ kind, target, payload });
    return;
  }
  if (kind <= KIND.change) return takeDelivery(world, machine, kind, target, payload);
  if (targetIncarnation(target) !== machine.incarnation) return;
  if (kind >= KIND.timer && kind < KIND.timer + TIMER_NAMES.length) {
    return fireTimer(world, machine, TIMER_NAMES[kind - KIND.timer] as TimerName, payload as number);
  }
  const { server } = machine;
  const host = hostAt(world, machine);
  switch (kind) {
    case KIND.reply:
      return feed(world, machine, {
        type: "database",
        now: clockOf(world, machine),
        reply: payload as DatabaseReply,
      });
    case KIND.request: {
      const { session, request } = payload as { session: number; request: Request };
      return feed(world, machine, { type: "request", now: clockOf(world, machine), session, request });
    }
    case KIND.walSynced:
      if (endSync(machine.wal)) scheduleSync(world, machine, machine.wal, KIND.walSynced);
      return walFlushed(server, host, machine.wal.synced);
    case KIND.logSynced:
      return endLogSync(world, machine);
    case KIND.commitFinished: {
      const { gid, session } = payload as Finishing;
      return finishCommit(server, host, gid, session);
    }
    case KIND.waitCheck: {
      const { session, waitId, kind: checked } = payload as WaitCheck;
      return waitCheck(server, host, session, waitId, checked);
    }
    case KIND.copied:
      return copyDatabase(world, machine, payload as NodeId);
    case KIND.openStream:
      return tryOpenStream(world, machine, payload as Opening);
    case KIND.streamBroken:
      return feed(world, machine, {
        type: "streamBroken",
        now: clockOf(world, machine),
        from: payload as NodeId,
      });
    default:
      throw new Error(`no machine takes events of kind ${kind}`);
  }
}

/** Something reached the end of a link. */
export function arrive(world: SimWorld, kind: number, target: number, payload: unknown): void {
  const link = world.state.network.links[targetLink(target)] as Link;
  const machine = machineOf(world, link.to);
  if (!machine.up || meet(link, targetVersion(target), payload) !== "delivered") return;
  takeNodeEvent(world, machine, kind, target, payload);
}

/** A replication connection, or all of a node's, has broken: the reader is told, the origin's server stops sending. */
export function breakStream(world: SimWorld, link: Link): void {
  breakLink(link);
  closeStream(machineOf(world, link.from).server, link.to);
  const reader = machineOf(world, link.to);
  dropSpool(reader.spool, link.from);
  if (!reader.up) return;
  const { queue } = world.state;
  const target = nodeTarget(reader.node, reader.incarnation);
  push(queue, queue.time, KIND.streamBroken, target, link.from);
}

function feed(world: SimWorld, machine: Machine, input: Input): void {
  const { state } = world;
  state.events += 1;
  foldInput(state.hash, state.queue.time, machine.node, input);
  if (world.record !== null) world.record(state.queue.time, machine.node, input);
  const emitter = world.emitters[machine.node] as (effect: Effect) => void;
  if (world.options.mode === "in place") {
    world.step(machine.state, input, emitter);
    return;
  }
  const reduction = reduce(world.step, machine.state, input);
  machine.state = reduction.state;
  for (const effect of reduction.effects) emitter(effect);
}

function clockOf(world: SimWorld, machine: Machine): number {
  return readClock(machine.clock, world.state.queue.time);
}

function takeDelivery(
  world: SimWorld,
  machine: Machine,
  kind: number,
  target: number,
  payload: unknown,
): void {
  if (!machine.up) return;
  const { from } = world.state.network.links[targetLink(target)] as Link;
  const now = clockOf(world, machine);
  const what =
    kind === KIND.message ? (payload as Message) : takePart(machine.spool, from, payload as StreamPart);
  if (what === null) return;
  world.observe?.({ type: "received", node: machine.node, from, what }, world.state.queue.time);
  if (kind === KIND.message) feed(world, machine, { type: "message", now, from, message: what as Message });
  else feed(world, machine, { type: "change", now, from, change: what as StreamChange });
}

function fireTimer(world: SimWorld, machine: Machine, timer: TimerName, version: number): void {
  // Cancelled, or set anew since.
  if (machine.timers[timer] !== version) return;
  feed(world, machine, { type: "timer", now: clockOf(world, machine), timer });
}

/** The reducer emits; what is behind a log write waits, the rest is carried out. */
function emit(world: SimWorld, machine: Machine, effect: Effect): void {
  // It crashed at an earlier effect of the same step.
  if (!machine.up) return;
  if (machine.paused) {
    machine.outbox.push(effect);
    return;
  }
  if (effect.type === "persist") return persist(world, machine, effect);
  if (effect.type === "closeStream") forgetRequests(machine, effect.from);
  if (machine.outbox.length > 0 && !isUnordered(effect)) {
    machine.outbox.push(effect);
    return;
  }
  carryOut(world, machine, effect);
}

function isUnordered(effect: Effect): boolean {
  return effect.type === "closeStream" || (effect.type === "send" && effect.unordered === true);
}

/** What was asked for of a stream that is closed now, and still waits for a log write, is not asked for any more. */
function forgetRequests(machine: Machine, from: NodeId): void {
  const kept = machine.outbox.filter(
    (effect) =>
      typeof effect === "number" ||
      (effect.type !== "openStream" && effect.type !== "probeStream") ||
      effect.from !== from,
  );
  machine.outbox.splice(0, machine.outbox.length, ...kept);
}

function persist(world: SimWorld, machine: Machine, effect: Extract<Effect, { type: "persist" }>): void {
  if (world.state.armed.length > 0 && reachSite(world, machine, effect, "before")) return;
  const position = writeLog(machine.log, effect.record);
  if (effect.forced) {
    machine.outbox.push(position);
    if (beginSync(machine.log.file)) scheduleSync(world, machine, machine.log.file, KIND.logSynced);
  }
  if (world.state.armed.length > 0) reachSite(world, machine, effect, "after");
}

function endLogSync(world: SimWorld, machine: Machine): void {
  const { log, node } = machine;
  if (endSync(log.file)) scheduleSync(world, machine, log.file, KIND.logSynced);
  const observe = world.observe;
  settleLog(
    log,
    observe === null
      ? null
      : (record: DurableRecord) => observe({ type: "recorded", node, record }, world.state.queue.time),
  );
  drainOutbox(world, machine);
}

/** What it had emitted when it was paused in the middle of a step; a log write among it begins only now. */
function resumeOutbox(world: SimWorld, machine: Machine): void {
  const waiting = machine.outbox.splice(0);
  for (const item of waiting) {
    if (typeof item === "number") machine.outbox.push(item);
    else emit(world, machine, item);
  }
  // What was written before it stood still may have become durable meanwhile.
  drainOutbox(world, machine);
}

function drainOutbox(world: SimWorld, machine: Machine): void {
  const { outbox, log } = machine;
  while (outbox.length > 0 && !machine.paused) {
    const first = outbox[0] as Effect | number;
    if (typeof first === "number" && first > log.file.synced) return;
    outbox.shift();
    if (typeof first !== "number") carryOut(world, machine, first);
  }
}

function carryOut(world: SimWorld, machine: Machine, effect: Effect): void {
  if (world.state.armed.length === 0) return perform(world, machine, effect);
  if (reachSite(world, machine, effect, "before")) return;
  if (machine.paused) {
    machine.outbox.unshift(effect);
    return;
  }
  perform(world, machine, effect);
  reachSite(world, machine, effect, "after");
}

/** Lets armed faults happen at this effect. True if the machine has crashed. */
function reachSite(world: SimWorld, machine: Machine, effect: Effect, when: "before" | "after"): boolean {
  const { armed, queue } = world.state;
  // A fault may arm or disarm others.
  for (const trigger of [...armed]) {
    const scheduled = world.scenario.faults[trigger.index];
    if (scheduled === undefined || !("on" in scheduled.when)) continue;
    const { on } = scheduled.when;
    if (on.node !== machine.node || on.when !== when || queue.time < on.from) continue;
    if (on.to !== undefined && (effect.type !== "send" || effect.to !== on.to)) continue;
    if (!isSite(on.site, machine.node, world.scenario.commit, effect)) continue;
    trigger.remaining -= 1;
    if (trigger.remaining === 0) world.trigger?.(trigger);
  }
  return !machine.up;
}

function perform(world: SimWorld, machine: Machine, effect: Effect): void {
  switch (effect.type) {
    case "send":
      return send(world, machine, effect.to, effect.message);
    case "setTimer":
      return setTimer(world, machine, effect.timer, effect.afterUs);
    case "cancelTimer":
      machine.timers[effect.timer] += 1;
      return;
    case "database":
      noteIfPrepare(world, effect.command);
      return executeCommand(machine.server, hostAt(world, machine), effect.command);
    case "forgetRecords": {
      const change: LogChange = { kind: "forgetting", coordinator: effect.coordinator, below: effect.below };
      writeLog(machine.log, change);
      return;
    }
    case "openStream":
      return openStreamSoon(world, machine, effect.from, effect.mode, 0);
    case "closeStream":
      return stopReading(world, machine, effect.from);
    case "probeStream":
      return probe(world, machine, effect.from, effect.asked);
    case "confirmStream":
      // The position travels on the replication connection, whose own latency makes no difference to anybody.
      return confirmStream(machineOf(world, effect.from).server, machine.node, effect.lsn);
    case "copyDatabase": {
      const us = sample(world.scenario.database.copy, world.draws.databases[machine.node] as Random);
      return pushForNode(world, machine, us, KIND.copied, effect.from);
    }
    case "answer": {
      const { session, answer } = effect;
      world.observe?.({ type: "answered", node: machine.node, session, answer }, world.state.queue.time);
      return answerClient(world.director, session, answer);
    }
    case "note":
      world.observe?.({ type: "noted", node: machine.node, note: effect.note }, world.state.queue.time);
      return;
    case "persist":
      throw new Error("a log write does not wait");
  }
}

function noteIfPrepare(world: SimWorld, command: DatabaseCommand): void {
  if (command.type === "prepare" && command.session > 0) {
    noteGid(world.director, command.session, command.label.gid);
  }
}

function send(world: SimWorld, machine: Machine, to: NodeId, message: Message): void {
  world.observe?.({ type: "sent", node: machine.node, to, message }, world.state.queue.time);
  const { network, queue } = world.state;
  const index = linkIndex(network, "messages", machine.node, to);
  const link = network.links[index] as Link;
  const random = world.draws.links[index] as Random;
  const target = linkTarget(index, link.connection);
  const arrival = arrivalOf(network, link, queue.time, random);
  if (arrival >= 0) push(queue, arrival, KIND.message, target, message);
  const echo = echoOf(network, link, queue.time, random);
  if (echo >= 0) push(queue, echo, KIND.message, target, message);
}

function setTimer(world: SimWorld, machine: Machine, timer: TimerName, afterUs: number): void {
  machine.timers[timer] += 1;
  const span = realSpan(machine.clock, Math.max(afterUs, 0));
  pushForNode(world, machine, span, timerKind(timer), machine.timers[timer]);
}

export function pushForNode(
  world: SimWorld,
  machine: Machine,
  afterUs: number,
  kind: number,
  payload: unknown,
): void {
  const { queue } = world.state;
  push(queue, queue.time + afterUs, kind, nodeTarget(machine.node, machine.incarnation), payload);
}

function scheduleSync(world: SimWorld, machine: Machine, _file: DiskFile, kind: number): void {
  const us = sample(world.scenario.disk.fsync, world.draws.disks[machine.node] as Random);
  pushForNode(world, machine, us * machine.fsyncFactor, kind, null);
}

function hostAt(world: SimWorld, machine: Machine): ServerHost {
  return world.hosts[machine.node] as ServerHost;
}

function hostOf(world: SimWorld, node: NodeId): ServerHost {
  return {
    nowUs: () => world.state.queue.time,
    reply: (reply) => scheduleReply(world, machineOf(world, node), reply),
    requestFlush: () => {
      const machine = machineOf(world, node);
      machine.wal.written = machine.server.wal.written;
      if (beginSync(machine.wal)) scheduleSync(world, machine, machine.wal, KIND.walSynced);
    },
    scheduleFinish: (gid, session) => {
      const us = sample(world.scenario.database.finish, world.draws.databases[node] as Random);
      const finishing: Finishing = { gid, session };
      pushForNode(world, machineOf(world, node), us, KIND.commitFinished, finishing);
    },
    scheduleWaitCheck: (session, waitId, kind, afterUs) => {
      const check: WaitCheck = { session, waitId, kind };
      pushForNode(world, machineOf(world, node), afterUs, KIND.waitCheck, check);
    },
    stream: (peer, part) => sendPart(world, node, peer, part),
    observe: world.observe === null ? null : observerOf(world, node, world.observe),
  };
}

function observerOf(world: SimWorld, node: NodeId, observe: FactSink): ServerObserver {
  const tell = (fact: Fact): void => observe(fact, world.state.queue.time);
  return {
    prepared: (label) => tell({ type: "prepared", node, label }),
    committed: (gid, csn) => tell({ type: "committed", node, gid, csn }),
    rolledBack: (gid) => tell({ type: "rolledBack", node, gid }),
  };
}

function scheduleReply(world: SimWorld, machine: Machine, reply: DatabaseReply): void {
  const { queue } = world.state;
  const us = sample(world.scenario.database.command, world.draws.databases[machine.node] as Random);
  let due = queue.time + us;
  if (due < machine.lastReply) due = machine.lastReply;
  machine.lastReply = due;
  push(queue, due, KIND.reply, nodeTarget(machine.node, machine.incarnation), reply);
}

function sendPart(world: SimWorld, from: NodeId, to: NodeId, part: StreamPart): void {
  if (part.kind !== "piece" && part.kind !== "piece aborted") {
    const change = part.kind === "last piece" ? part.change : part;
    world.observe?.({ type: "streamed", node: from, to, change }, world.state.queue.time);
  }
  const { network, queue } = world.state;
  const index = linkIndex(network, "stream", from, to);
  const link = network.links[index] as Link;
  const arrival = arrivalOf(network, link, queue.time, world.draws.links[index] as Random);
  if (arrival >= 0) push(queue, arrival, KIND.change, linkTarget(index, link.connection), part);
}

function openStreamSoon(
  world: SimWorld,
  reader: Machine,
  from: NodeId,
  mode: StreamMode,
  afterUs: number,
): void {
  const { connection } = linkOf(world.state.network, "stream", from, reader.node);
  const opening: Opening = { from, mode, connection };
  pushForNode(world, reader, afterUs, KIND.openStream, opening);
}

/** The reader closes the connection: what is on its way is dropped, and an attempt to open it is given up. */
function stopReading(world: SimWorld, reader: Machine, from: NodeId): void {
  breakLink(linkOf(world.state.network, "stream", from, reader.node));
  dropSpool(reader.spool, from);
  closeStream(machineOf(world, from).server, reader.node);
}

/** The request travels to the origin's server like the stream's own confirmations, in no time. */
function probe(world: SimWorld, reader: Machine, from: NodeId, asked: number): void {
  const origin = machineOf(world, from);
  if (!origin.up || origin.paused || linkOf(world.state.network, "stream", reader.node, from).cut) return;
  probeStream(origin.server, hostAt(world, origin), reader.node, asked);
}

/** The end of pg_basebackup, if the donor can be reached and the copy may be used: the machine stops, and starts on it. */
function copyDatabase(world: SimWorld, machine: Machine, from: NodeId): void {
  const { network, queue } = world.state;
  const { node } = machine;
  const donor = machineOf(world, from);
  const isCut = linkOf(network, "stream", node, from).cut || linkOf(network, "stream", from, node).cut;
  if (!donor.up || donor.paused || isCut || !mayStartOnCopy(machine.state)) return;
  crashMachine(world, machine);
  world.observe?.({ type: "copied", node, from }, queue.time);
  const label = { from, lsn: donor.server.wal.flushed, highWater: donor.state.clock.highWater };
  replaceServer(machine, copyServer(donor.server, machine.server, hostAt(world, machine), label));
  world.state.scheduled += 1;
  push(queue, queue.time + world.scenario.database.restart, KIND.start, node, null);
}

/** Of a machine that is down. */
export function replaceServer(machine: Machine, server: Server): void {
  machine.server = server;
  machine.wal.written = server.wal.written;
  machine.wal.synced = server.wal.written;
}

/** START_REPLICATION, once the origin can be reached. */
function tryOpenStream(world: SimWorld, reader: Machine, { from, mode, connection }: Opening): void {
  const origin = machineOf(world, from);
  const { network } = world.state;
  const there = linkOf(network, "stream", reader.node, from);
  const back = linkOf(network, "stream", from, reader.node);
  if (back.connection !== connection) return;
  if (!origin.up || origin.paused || there.cut || back.cut) {
    return openStreamSoon(world, reader, from, mode, REOPEN_US);
  }
  openStream(origin.server, hostAt(world, origin), reader.node, 0, mode);
}

function breakConnections(world: SimWorld, node: NodeId): void {
  const { network } = world.state;
  for (let peer = 1; peer <= network.nodes; peer++) {
    if (peer === node) continue;
    const incoming: Channel[] = ["messages", "stream"];
    for (const channel of incoming) breakLink(linkOf(network, channel, peer, node));
    closeStream(machineOf(world, peer).server, node);
    // What it had sent is on its way; what it had only queued, behind a cut, is gone with it.
    linkOf(network, "messages", node, peer).held.length = 0;
    breakStream(world, linkOf(network, "stream", node, peer));
  }
}
