/**
 * One node on a host that the explorer drives: the real reducer, and the host's contract (protocol/effects.ts) with every
 * delay left open. An operation takes a host and gives the next one, and what it sent.
 *
 * A crash comes between operations, and that is enough to have it at every effect boundary: of the effects of one step,
 * sends that did not happen are sends that are never delivered, and of log writes and commands under way any first few
 * may have become durable when the crash comes.
 */
import type { NodeConfig } from "../../protocol/config.ts";
import type { Csn } from "../../protocol/csn.ts";
import type { DatabaseCommand, PreparedChange } from "../../protocol/database.ts";
import type { Effect } from "../../protocol/effects.ts";
import { coordinatorOf, type Gid } from "../../protocol/gid.ts";
import type { Input } from "../../protocol/inputs.ts";
import { contains, firstNodes, type NodeId, type NodeSet } from "../../protocol/members.ts";
import { firstGeneration } from "../../protocol/membership/generation.ts";
import type { Heartbeat, Message } from "../../protocol/messages.ts";
import type { Step } from "../../protocol/node.ts";
import type { DurableRecord } from "../../protocol/records.ts";
import { reduce } from "../../protocol/reduce.ts";
import { initialState, type NodeState } from "../../protocol/state.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import {
  carryOutFirst,
  crashDatabase,
  type Database,
  DatabaseMisuse,
  EMPTY_DATABASE,
} from "./abstract-database.ts";
import { readingOf, withoutTime } from "./timeless.ts";

export interface Host {
  readonly config: NodeConfig;
  /** Null while it is down. */
  readonly state: NodeState | null;
  /** What stands behind a log write, in order; "flush" stands for the write. */
  readonly outbox: readonly (Effect | "flush")[];
  readonly records: readonly DurableRecord[];
  /** Written and not yet durable. */
  readonly unsynced: readonly DurableRecord[];
  readonly database: Database;
  readonly witnessed: Witnessed;
}

/** What happened at this node, whatever it has forgotten of it. */
export interface Witnessed {
  /** Its PREPARE became durable. */
  readonly prepared: boolean;
  /** The CSN of its COMMIT PREPARED; 0 before. */
  readonly committed: number;
  readonly aborted: boolean;
  /** What its client was told. */
  readonly answered: "nothing" | "committed" | "aborted";
  /** Since it was last started it has begun to resolve. */
  readonly resolving: boolean;
  /** It was this node, resolving, that decided. */
  readonly resolved: "nothing" | "commit" | "abort";
  /** It found that nobody who can be heard may decide. */
  readonly blocked: boolean;
  /** The database's or the protocol's own rules were broken, in words. */
  readonly broken: string | null;
}

export type Packet =
  | { readonly kind: "message"; readonly from: NodeId; readonly to: NodeId; readonly message: Message }
  /** On a replication connection: it comes, and again if the connection is opened again. */
  | {
      readonly kind: "write set";
      readonly from: NodeId;
      readonly to: NodeId;
      readonly change: PreparedChange;
    }
  /** `from` wants to read the stream of `to`. */
  | { readonly kind: "open stream"; readonly from: NodeId; readonly to: NodeId };

export type Operation =
  | { readonly type: "packet"; readonly packet: Packet }
  /** The database carries out its first command. */
  | { readonly type: "database"; readonly fails: boolean }
  /** The node hears the database's first reply. */
  | { readonly type: "reply" }
  /** The first log write becomes durable, and what stood behind it goes out. */
  | { readonly type: "flush" }
  /** A beat, before which all but these peers were heard. */
  | { readonly type: "beat"; readonly unheard: NodeSet }
  /** So many of the log writes, and so many of the database's commands, became durable before it. */
  | { readonly type: "crash"; readonly records: number; readonly commands: number }
  | { readonly type: "restart" };

export interface Operated {
  readonly host: Host;
  readonly sent: readonly Packet[];
}

/** The transaction that is explored, and the rules that are. */
export interface Subject {
  readonly step: Step;
  readonly gid: Gid;
  readonly nodes: number;
  /** Whether peers may see that a client's PREPARE is durable before its own node hears of it. */
  readonly lateAnswers: boolean;
}

/** The host while an operation goes on. */
interface Work {
  readonly subject: Subject;
  readonly config: NodeConfig;
  state: NodeState | null;
  outbox: (Effect | "flush")[];
  records: readonly DurableRecord[];
  unsynced: DurableRecord[];
  database: Database;
  witnessed: Witnessed;
  readonly sent: Packet[];
}

const NOTHING_WITNESSED: Witnessed = {
  prepared: false,
  committed: 0,
  aborted: false,
  answered: "nothing",
  resolving: false,
  resolved: "nothing",
  blocked: false,
  broken: null,
};

export function createHost(config: NodeConfig): Host {
  return {
    config,
    state: null,
    outbox: [],
    records: [],
    unsynced: [],
    database: EMPTY_DATABASE,
    witnessed: NOTHING_WITNESSED,
  };
}

export function operate(subject: Subject, host: Host, operation: Operation): Operated {
  const work: Work = {
    subject,
    config: host.config,
    state: host.state,
    outbox: [...host.outbox],
    records: host.records,
    unsynced: [...host.unsynced],
    database: host.database,
    witnessed: host.witnessed,
    sent: [],
  };
  try {
    carryOutOperation(work, operation);
  } catch (error) {
    if (!(error instanceof ProtocolViolation) && !(error instanceof DatabaseMisuse)) throw error;
    witness(work, { broken: error.message });
  }
  const { subject: _, sent, ...next } = work;
  return { host: next, sent };
}

/** Gives a host inputs as they come, with nothing delayed: how a run begins. */
export function feed(subject: Subject, host: Host, inputs: readonly Timeless[]): Host {
  let fed = host;
  for (const input of inputs) {
    // What the next input answers is done.
    const database = { ...fed.database, commands: [] };
    const work: Work = { ...fed, subject, database, outbox: [], unsynced: [], sent: [] };
    give(work, input);
    const { subject: _, sent: __, ...next } = work;
    fed = next;
  }
  return fed;
}

/** An input without its clock reading. */
export type Timeless = Input extends infer Each ? (Each extends Input ? Omit<Each, "now"> : never) : never;

function carryOutOperation(work: Work, operation: Operation): void {
  switch (operation.type) {
    case "packet":
      return takePacket(work, operation.packet);
    case "database":
      return runDatabase(work, operation.fails);
    case "reply":
      return hearDatabase(work);
    case "flush":
      return flush(work);
    case "beat":
      return beat(work, operation.unheard);
    case "crash":
      return crash(work, operation.records, operation.commands);
    case "restart":
      return restart(work);
  }
}

function takePacket(work: Work, packet: Packet): void {
  const { from } = packet;
  switch (packet.kind) {
    case "message":
      return give(work, { type: "message", from, message: packet.message });
    case "write set":
      return give(work, { type: "change", from, change: packet.change });
    case "open stream":
      return streamTo(work, from);
  }
}

function runDatabase(work: Work, fails: boolean): void {
  const command = work.database.commands[0] as DatabaseCommand;
  work.database = carryOutFirst(work.database, fails);
  if (!fails) observeCommand(work, command);
  const late = work.subject.lateAnswers && command.type === "prepare" && command.session > 0;
  if (!late) hearDatabase(work);
}

function observeCommand(work: Work, command: DatabaseCommand): void {
  if (command.type === "commitPrepared") witness(work, { committed: command.csn });
  if (command.type !== "prepare") return;
  witness(work, { prepared: true });
  if (command.session < 0) return;
  for (let to = 1; to <= work.subject.nodes; to++) if (to !== work.config.node) streamTo(work, to);
}

function streamTo(work: Work, to: NodeId): void {
  const label = work.database.written;
  if (label === null) return;
  work.sent.push({
    kind: "write set",
    from: work.config.node,
    to,
    change: { kind: "prepared", lsn: 1, label, rows: [], locks: [] },
  });
}

function hearDatabase(work: Work): void {
  const [reply, ...replies] = work.database.replies;
  if (reply === undefined) return;
  work.database = { ...work.database, replies };
  give(work, { type: "database", reply });
}

function flush(work: Work): void {
  const [record, ...unsynced] = work.unsynced;
  if (record !== undefined) work.records = withRecord(work.records, record);
  work.unsynced = unsynced;
  work.outbox.shift();
  while (work.outbox.length > 0 && work.outbox[0] !== "flush") perform(work, work.outbox.shift() as Effect);
}

function beat(work: Work, unheard: NodeSet): void {
  const signs: Timeless[] = [];
  for (let from = 1; from <= work.subject.nodes; from++) {
    if (from === work.config.node || contains(unheard, from)) continue;
    const message = heartbeatOf(work, 0, readingOf(from));
    signs.push({ type: "message", from, message });
  }
  // At one moment: were any time to pass after a sign of life, its sender would be as silent as the others.
  give(work, ...signs, { type: "timer", timer: "heartbeat" });
}

function crash(work: Work, records: number, commands: number): void {
  for (const record of work.unsynced.slice(0, records)) work.records = withRecord(work.records, record);
  for (const command of work.database.commands.slice(0, commands)) observeCommand(work, command);
  work.database = crashDatabase(work.database, commands);
  work.state = null;
  work.outbox = [];
  work.unsynced = [];
  witness(work, { resolving: false });
}

function restart(work: Work): void {
  const { gid } = work.subject;
  const { prepared, committed, finished } = work.database;
  work.state = initialState(work.config);
  give(work, {
    type: "started",
    records: work.records,
    prepared: prepared === null ? [] : [prepared],
    outcomes: committed === 0 ? [] : [{ gid, csn: committed, ...scopeOf(work) }],
    finished,
  });
}

/** Inputs that come at one moment. */
function give(work: Work, ...inputs: readonly Timeless[]): void {
  const { subject, config } = work;
  const now = readingOf(config.node);
  inputs.forEach((input, index) => {
    const step = index === inputs.length - 1 ? withoutTime(subject.step) : subject.step;
    const before = work.state ?? initialState(config);
    const { state, effects } = reduce(step, before, { ...input, now } as Input);
    work.state = state;
    for (const effect of effects) emit(work, effect);
    noteResolution(work, effects);
  });
}

/** What is behind a log write waits, the rest is carried out. */
function emit(work: Work, effect: Effect): void {
  if (effect.type === "persist") return persist(work, effect.record);
  const overtakes = effect.type === "send" && effect.unordered === true;
  if (work.outbox.length > 0 && !overtakes) work.outbox.push(effect);
  else perform(work, effect);
}

/** High-water marks are durable at once: their delay would only delay what the log writes of the protocol delay too. */
function persist(work: Work, record: DurableRecord): void {
  if (!("gid" in record)) {
    work.records = withRecord(work.records, record);
    return;
  }
  work.unsynced.push(record);
  work.outbox.push("flush");
}

function perform(work: Work, effect: Effect): void {
  switch (effect.type) {
    case "send":
      return send(work, effect.to, effect.message);
    case "database":
      return command(work, effect.command);
    case "forgetRecords":
      work.records = work.records.filter((record) => !("gid" in record) || record.gid >= effect.below);
      return;
    case "openStream":
      work.sent.push({ kind: "open stream", from: work.config.node, to: effect.from });
      return;
    case "answer":
      if (effect.answer.type === "committed") witness(work, { answered: "committed" });
      if (effect.answer.type === "aborted") witness(work, { answered: "aborted" });
      return;
    case "note":
      return takeNote(work, effect.note);
    case "persist":
      throw new Error("a log write does not wait");
    case "setTimer":
    case "cancelTimer":
    case "confirmStream":
    case "closeStream":
    case "probeStream":
      return;
  }
}

/** A heartbeat that says nothing of the transaction is left out: beats have their own signs of life. */
function send(work: Work, to: NodeId, message: Message): void {
  const { gid } = work.subject;
  const from = work.config.node;
  if (message.type !== "heartbeat") {
    work.sent.push({ kind: "message", from, to, message });
    return;
  }
  if (coordinatorOf(gid) !== from || message.finishedBelow <= gid) return;
  const mark = heartbeatOf(work, gid + 1, message.clock);
  work.sent.push({ kind: "message", from, to, message: mark });
}

/** Everybody is a member for ever in these models. */
function heartbeatOf({ subject }: Work, finishedBelow: Gid, clock: Csn): Heartbeat {
  const generation = firstGeneration(firstNodes(subject.nodes));
  const { members: donors, members: heard, number: lastOnlineIn } = generation;
  const news = {
    generation,
    donors,
    lastOnlineIn,
    heard,
    stampsAbove: 0,
    holds: [],
    doubts: null,
    keepFrom: 0,
  };
  return {
    type: "heartbeat",
    finishedBelow,
    clock,
    ...news,
    slot: "reaches back",
    slotBegin: 0,
    joining: false,
  };
}

function scopeOf({ subject }: Work) {
  const { number: generation, members, configured } = firstGeneration(firstNodes(subject.nodes));
  return { generation, members, configured };
}

function command(work: Work, taken: DatabaseCommand): void {
  // No commit protocol can tell.
  if (taken.type === "alignSequences") return;
  work.database = { ...work.database, commands: [...work.database.commands, taken] };
  // It has no reply that could be awaited.
  if (taken.type !== "forgetOutcomes" || work.database.commands.length > 1) return;
  work.database = carryOutFirst(work.database, false);
}

function takeNote(work: Work, note: Extract<Effect, { type: "note" }>["note"]): void {
  switch (note.about) {
    case "aborted":
      return witness(work, { aborted: true });
    case "blocked":
      return witness(work, { blocked: true });
    case "resolving":
      return witness(work, { resolving: true });
    default:
      return;
  }
}

/** Who decides by itself tells the others; who only passes an outcome on was not undecided. */
function noteResolution(work: Work, effects: readonly Effect[]): void {
  if (!work.witnessed.resolving || work.witnessed.resolved !== "nothing") return;
  const told = effects.filter((effect) => effect.type === "send").map(({ message }) => message.type);
  const decided = effects.some(
    (effect) =>
      (effect.type === "note" && effect.note.about === "aborted") ||
      (effect.type === "database" && effect.command.type === "commitPrepared"),
  );
  if (!decided) return;
  if (told.includes("commit")) witness(work, { resolved: "commit" });
  else if (told.includes("abort")) witness(work, { resolved: "abort" });
}

function witness(work: Work, seen: Partial<Witnessed>): void {
  work.witnessed = { ...work.witnessed, ...seen };
}

/** At most one record of a name. */
function withRecord(records: readonly DurableRecord[], record: DurableRecord): DurableRecord[] {
  return [...records.filter((other) => nameOf(other) !== nameOf(record)), record].sort((one, other) =>
    nameOf(one) < nameOf(other) ? -1 : 1,
  );
}

function nameOf(record: DurableRecord): string {
  if ("gid" in record) return `transaction ${record.gid}`;
  return record.kind === "finished" ? `finished ${record.coordinator}` : record.kind;
}
