/**
 * Properties of a server under random work: clients, appliers, a coordinator that finishes what is prepared, a disk
 * that flushes when it likes, subscribers that come and go, and crashes. Beside the server runs an account of what
 * it may show: which transactions have committed, in which order, and what each of them wrote to table `k`.
 */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applySession,
  type DatabaseCommand,
  type DatabaseReply,
  gidOfSession,
  type Isolation,
  type Key,
  OWN_WRITE,
  type PreparedChange,
  type Row,
  type RowChange,
  type RowLockMode,
  type RowStatement,
  type StatementResult,
} from "../../protocol/database.ts";
import { coordinatorOf, type Gid, makeGid } from "../../protocol/gid.ts";
import { createLab, finish, flush, type Lab, labelOf, pass, tell } from "./lab.ts";
import { heldMode, isBlocked } from "./locks.ts";
import { closeStream, confirmStream, crash, dumpTable, loadRows, openStream, recovered } from "./server.ts";
import type { RowSlot, Server, Table, Transaction, UniqueIndex } from "./state.ts";

/** One step of a run: what, who, and how. */
type Move = readonly [number, number, number];

type Writes = Map<Key, Row | null>;

interface Client {
  readonly session: number;
  state: "idle" | "open" | "failed" | "waiting" | "ending";
  isolation: Isolation;
  /** What its snapshot sees: commits so far, or a CSN. -1: none yet. */
  snapshot: number;
  readonly writes: Writes;
  statement: RowStatement | null;
}

interface TwoPhase {
  readonly gid: Gid;
  readonly writes: Writes;
  /** Whether it has something to stream. */
  readonly streams: boolean;
  readonly stamp: number;
  readonly preparedAt: number;
  isPrepared: boolean;
  /** Decided once, and not again after a crash that has lost the record. */
  decision: "commit" | "rollback" | null;
  csn: number;
  isEnding: boolean;
  endedAt: number;
}

interface Commit {
  readonly gid: Gid;
  readonly csn: number;
  readonly writes: Writes;
}

interface Read {
  readonly snapshot: number;
  readonly own: Writes;
  readonly result: StatementResult;
}

interface Subscriber {
  readonly peer: number;
  open: boolean;
  /** How many of `lab.streamed` it has looked at. */
  seen: number;
  /** End of the last change of this connection, or where it began. */
  last: number;
  readonly received: Set<Gid>;
  readonly positions: number[];
}

interface Run {
  readonly lab: Lab;
  readonly csnVisibility: boolean;
  clock: number;
  taken: number;
  sequence: number;
  readonly clients: Client[];
  readonly applying: Map<Gid, { readonly writes: Writes; applied: boolean }>;
  readonly twoPhase: Map<Gid, TwoPhase>;
  /** Plain commits under way: whose record ends where. */
  readonly plain: { readonly session: number; readonly writes: Writes; readonly endedAt: number }[];
  readonly committed: Commit[];
  readonly reads: Read[];
  readonly subscribers: Subscriber[];
  crashes: number;
}

const MODES: readonly RowLockMode[] = ["key share", "share", "no key update", "update"];
const LOADED: readonly Row[] = [
  [1, 0],
  [2, 0],
  [3, 0],
];

function createRun(csnVisibility: boolean): Run {
  const tables = [
    { name: "k", columns: ["id", "v"], key: "id" },
    { name: "a", columns: ["id", "v", "u"], key: "id", unique: ["u"] },
    { name: "p", columns: ["id", "v"], key: "id" },
    { name: "c", columns: ["id", "pid"], key: "id", references: [{ column: "pid", table: "p" }] },
  ];
  const lab = createLab({
    tables,
    csnVisibility,
    lockTimeoutUs: 30_000,
    deadlockTimeoutUs: 1000,
    slotSaveBytes: 500,
  });
  lab.automatic = false;
  loadRows(lab.server, "k", LOADED);
  loadRows(lab.server, "a", [[1, 0, 1]]);
  loadRows(lab.server, "p", [
    [1, 0],
    [2, 0],
  ]);
  return {
    lab,
    csnVisibility,
    clock: 10,
    taken: 0,
    sequence: 0,
    clients: [1, 2, 3, 4].map((session) => ({
      session,
      state: "idle",
      isolation: "read committed",
      snapshot: -1,
      writes: new Map(),
      statement: null,
    })),
    applying: new Map(),
    twoPhase: new Map(),
    plain: [],
    committed: [],
    reads: [],
    subscribers: [2, 3].map((peer) => ({
      peer,
      open: false,
      seen: 0,
      last: 0,
      received: new Set(),
      positions: [],
    })),
    crashes: 0,
  };
}

/** As expect(...).toEqual, on plain data; a run makes a hundred thousand such comparisons, and expect is slow. */
function same(found: unknown, wanted: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) expect(found).toEqual(wanted);
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`violated: ${what}`);
}

// What may be shown

/** Table `k` after these commits, as key to row and version. */
function stateAfter(commits: readonly Commit[]): Map<Key, [Row, Gid]> {
  const state = new Map<Key, [Row, Gid]>(LOADED.map((row) => [row[0] as Key, [row, 0]]));
  for (const { gid, writes } of commits) overlay(state, writes, gid);
  return state;
}

function overlay(state: Map<Key, [Row, Gid]>, writes: Writes, gid: Gid): void {
  for (const [key, row] of writes) {
    if (row === null) state.delete(key);
    else state.set(key, [row, gid]);
  }
}

function listState(state: Map<Key, [Row, Gid]>): [Row, Gid][] {
  return [...state.values()].sort(([one], [other]) => (one[0] as number) - (other[0] as number));
}

function visibleCommits(run: Run, snapshot: number): Commit[] {
  if (!run.csnVisibility) return run.committed.slice(0, snapshot);
  return run.committed.filter(({ csn }) => csn <= snapshot);
}

function checkRead(run: Run, { snapshot, own, result }: Read): void {
  const state = stateAfter(visibleCommits(run, snapshot));
  overlay(state, own, OWN_WRITE);
  same(
    result.rows.map((row, index) => [row, result.versions[index]]),
    listState(state),
  );
}

function checkContents(run: Run): void {
  const shown = dumpTable(run.lab.server, "k").map(({ row, version }) => [row, version]);
  same(shown, listState(stateAfter(run.committed)));
}

// The structure

function checkStructure(server: Server): void {
  for (const table of server.tables.values()) {
    must(isAscending(table.ordered.map((slot) => slot.key as number)), "rows are in order of key, each once");
    must(table.ordered.length === table.rows.size, "as many rows in order as by key");
    for (const slot of table.ordered) {
      must(table.rows.get(slot.key) === slot, "the same row in order as by key");
      checkSlot(server, slot);
    }
    for (const index of table.uniques) checkUnique(table, index);
  }
  const open: number[] = [];
  for (const tx of server.transactions) {
    if (tx === null) continue;
    checkTransaction(server, tx);
    if (tx.snapshotIsOpen) open.push(tx.snapshot);
    if (tx.checkSnapshot >= 0) open.push(tx.checkSnapshot);
  }
  same(
    server.openSnapshots,
    open.sort((one, other) => one - other),
  );
  must(server.toWake.length === 0, "everybody was woken");
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, place) => place === 0 || numbers[place - 1]! < number);
}

function checkUnique(table: Table, index: UniqueIndex): void {
  const seen = new Set<unknown>();
  for (const slot of table.ordered) {
    const value = slot.current?.row?.[index.column];
    if (value === undefined || value === null) continue;
    must(!seen.has(value), "a unique value is in one committed row");
    must(index.rows.get(value)?.includes(slot) === true, "a committed value is in its index");
    seen.add(value);
  }
  for (const [value, slots] of index.rows) {
    for (const slot of slots) {
      const rows = [slot.current?.row, slot.pending?.row, ...(slot.rewritten ?? [])];
      must(
        rows.some((row) => row?.[index.column] === value),
        "an index holds nothing that no version has",
      );
    }
  }
}

function checkSlot(server: Server, slot: RowSlot): void {
  const holders = holdersOf(slot);
  for (const one of holders) {
    must(server.transactions[one.holder]!.rows.includes(slot), "a holder knows what it holds");
    for (const other of holders) must(one === other || one.mode + other.mode < 5, "locks do not conflict");
  }
  must((slot.pending === null) === (slot.writer === 0), "a pending version has a writer");
  must(slot.writer !== 0 || slot.rewritten === null, "only a writer has rewritten a row");
  must(slot.writer === 0 || heldMode(slot, slot.writer) >= 3, "a writer holds the row's lock");
  const versions = slot.current === null ? slot.older : [...slot.older, slot.current];
  must(isAscending(versions.map(({ at }) => at)), "versions are in order");
  for (const [place, number] of (slot.queue ?? []).entries()) {
    const tx = server.transactions[number]!;
    must(tx.phase === "waiting" && tx.waitsFor === slot, "who is in a queue waits there");
    must(isBlocked(server, slot, place), "who waits has something to wait for");
  }
}

function holdersOf(slot: RowSlot): { holder: number; mode: number }[] {
  if (slot.holder === 0) return [];
  return [{ holder: slot.holder, mode: slot.holderMode }, ...(slot.sharers ?? [])];
}

function checkTransaction(server: Server, tx: Transaction): void {
  must(server.transactions[tx.number] === tx, "a transaction has its number");
  must(new Set(tx.rows).size === tx.rows.length, "a row is held once");
  for (const slot of tx.rows) must(heldMode(slot, tx.number) > 0, "what a transaction holds knows it");
  must((tx.waitsFor !== null) === (tx.phase === "waiting"), "who waits, waits for something");
  must(tx.waitsFor === null || tx.waitsFor.queue?.includes(tx.number) === true, "who waits is in the queue");
  must(tx.phase !== "failed" || tx.rows.length === 0, "a failed transaction holds nothing");
}

// The moves

function makeMove(run: Run, [what, who, how]: Move): void {
  run.clock += 1;
  const client = run.clients[who % run.clients.length]!;
  const kind = what % 40;
  if (kind < 19) moveClient(run, client, who >> 2, how);
  else if (kind < 22) applySomething(run, who, how);
  else if (kind < 24) goOnApplying(run, who, how);
  else if (kind < 28) endSomething(run, who, how);
  else if (kind < 31) flush(run.lab);
  else if (kind < 35) finish(run.lab, who % Math.max(run.lab.finishing.length, 1));
  else if (kind < 36) pass(run.lab, 500 + (how % 3000));
  else if (kind < 39) moveSubscriber(run, run.subscribers[who % 2]!, how);
  else if (how % 8 === 0) crashSomewhere(run, who);
  listen(run);
  checkStructure(run.lab.server);
  checkContents(run);
}

function moveClient(run: Run, client: Client, what: number, how: number): void {
  const { session } = client;
  if (client.state === "idle") {
    client.isolation = how % 2 === 0 ? "repeatable read" : "read committed";
    client.snapshot = -1;
    client.writes.clear();
    client.state = "open";
    ask(run, { type: "begin", session, isolation: client.isolation });
  } else if (client.state === "waiting") {
    if (how % 20 === 0) rollBack(run, client);
  } else if (client.state === "failed" && how % 8 > 1) {
    rollBack(run, client);
  } else if (client.state === "open" || client.state === "failed") {
    if (what % 20 === 0) rollBack(run, client);
    else if (what % 20 === 1) commit(run, client);
    else if (what % 20 < 4) prepare(run, client);
    else execute(run, client, statementOf(run, what, how));
  }
}

function rollBack(run: Run, client: Client): void {
  client.state = "ending";
  ask(run, { type: "rollback", session: client.session });
}

function commit(run: Run, client: Client): void {
  // With csnVisibility the server gives a plain commit a CSN of its own, which the account cannot know.
  if (run.csnVisibility && hasXid(run, client)) return rollBack(run, client);
  client.state = "ending";
  const writes = new Map(client.writes);
  if (hasXid(run, client)) {
    ask(run, { type: "commit", session: client.session });
    run.plain.push({ session: client.session, writes, endedAt: run.lab.server.wal.written });
  } else ask(run, { type: "commit", session: client.session });
}

function hasXid(run: Run, client: Client): boolean {
  return run.lab.server.sessions.get(client.session)!.hasXid;
}

function prepare(run: Run, client: Client): void {
  run.sequence += 1;
  // Now and then a gid that is in use.
  const gid = makeGid(1, run.sequence % 9 === 0 ? run.sequence - 1 : run.sequence);
  const streams = hasXid(run, client);
  client.state = "ending";
  prepareSession(run, client.session, gid, new Map(client.writes), streams);
}

function prepareSession(run: Run, session: number, gid: Gid, writes: Writes, streams: boolean): void {
  const known = run.lab.replies.length;
  const stamp = run.clock;
  ask(run, { type: "prepare", session, label: labelOf(gid, stamp) });
  if (run.lab.replies.slice(known).some((reply) => reply.type === "failed")) return;
  const preparedAt = run.lab.server.wal.written;
  const rest = { isPrepared: false, decision: null, csn: 0, isEnding: false, endedAt: 0 };
  run.twoPhase.set(gid, { gid, writes, streams, stamp, preparedAt, ...rest });
  const client = run.clients.find((other) => other.session === session);
  if (client !== undefined) client.state = "idle";
}

function execute(run: Run, client: Client, statement: RowStatement): void {
  const csn = run.csnVisibility ? run.clock - (run.sequence % 4) : 0;
  if (client.isolation === "read committed" || client.snapshot < 0) {
    client.snapshot = run.csnVisibility ? csn : run.committed.length;
  }
  client.statement = statement;
  client.state = "waiting";
  ask(run, { type: "execute", session: client.session, statement, snapshot: csn });
}

function statementOf(run: Run, what: number, how: number): RowStatement {
  const key = 1 + (how % 5);
  const lock = MODES[(how >> 2) % 4]!;
  run.sequence += 1;
  switch (what % 16) {
    case 0:
    case 1:
    case 2:
      return { type: "select", table: "k", keys: "all" };
    case 3:
    case 4:
    case 5:
    case 6:
      return { type: "update", table: "k", key, set: [{ column: "v", to: run.sequence }] };
    case 7:
      return { type: "delete", table: "k", key };
    case 8:
    case 9:
      return { type: "insert", table: "k", row: [3 + (how % 3), run.sequence] };
    case 10:
      return { type: "select", table: "k", keys: how % 3 === 0 ? "all" : [key, 2], lock };
    case 11:
      return { type: "insert", table: "a", row: [key, 0, how % 3] };
    case 12:
      return { type: "update", table: "a", key, set: [{ column: "u", to: how % 3 }] };
    case 13:
      return how % 2 === 0 ? { type: "delete", table: "a", key } : { type: "delete", table: "c", key };
    case 14:
      return { type: "insert", table: "c", row: [key, 1 + (how % 3)] };
    default:
      return how % 2 === 0
        ? { type: "delete", table: "p", key: 1 + (how % 3) }
        : { type: "insert", table: "p", row: [1 + (how % 3), 0] };
  }
}

/** A remote transaction over one or two rows of `k`; now and then its origin has overwritten something else. */
function applySomething(run: Run, who: number, how: number): void {
  run.sequence += 1;
  const gid = makeGid(2, run.sequence);
  const known = new Map(dumpTable(run.lab.server, "k").map(({ key, version }) => [key, version]));
  const rows: RowChange[] = [];
  for (const key of how % 2 === 0 ? [1 + (who % 4)] : [1 + (who % 3), 4]) {
    const base = known.get(key);
    const row = [key, run.sequence];
    if (base === undefined) rows.push({ kind: "insert", table: "k", key, row, base: 0 });
    else if (how % 7 === 0) rows.push({ kind: "delete", table: "k", key, row: null, base });
    else rows.push({ kind: "update", table: "k", key, row, base: how % 11 === 0 ? base + 32 : base });
  }
  const locks = how % 5 === 0 ? [{ table: "p", key: 1, mode: MODES[how % 4]! }] : [];
  const change: PreparedChange = {
    kind: "prepared",
    lsn: run.sequence,
    label: labelOf(gid, run.clock),
    rows,
    locks,
  };
  run.applying.set(gid, { writes: new Map(rows.map(({ key, row }) => [key, row])), applied: false });
  ask(run, { type: "apply", gid, change });
}

function goOnApplying(run: Run, who: number, how: number): void {
  const all = [...run.applying];
  const chosen = all[who % Math.max(all.length, 1)];
  if (chosen === undefined) return;
  const [gid, { writes, applied }] = chosen;
  const session = applySession(gid);
  if (how % 6 === 0) ask(run, { type: "rollback", session });
  else if (applied) {
    run.applying.delete(gid);
    prepareSession(run, session, gid, writes, false);
  }
}

function endSomething(run: Run, who: number, how: number): void {
  const ready = [...run.twoPhase.values()].filter(({ isPrepared, isEnding }) => isPrepared && !isEnding);
  const tx = ready[who % Math.max(ready.length, 1)];
  if (tx === undefined) return;
  if (tx.decision === null) {
    tx.decision = how % 4 === 0 ? "rollback" : "commit";
    // As Clock-SI's rules have it: not below the stamp, and stamps and snapshots of later are above.
    tx.csn = tx.stamp + (how % 6);
    run.clock = Math.max(run.clock, tx.csn);
  }
  tx.isEnding = true;
  if (tx.decision === "rollback") ask(run, { type: "rollbackPrepared", gid: tx.gid });
  else ask(run, { type: "commitPrepared", gid: tx.gid, csn: tx.csn });
  tx.endedAt = run.lab.server.wal.written;
}

function moveSubscriber(run: Run, subscriber: Subscriber, how: number): void {
  const { server, host } = run.lab;
  const { peer } = subscriber;
  if (!subscriber.open) {
    subscriber.open = true;
    openConnection(run, subscriber);
    openStream(server, host, peer, 0);
  } else if (how % 3 === 0) {
    subscriber.open = false;
    closeStream(server, peer);
  } else {
    const position = subscriber.positions[how % Math.max(subscriber.positions.length, 1)];
    if (position !== undefined) confirmStream(server, peer, position);
  }
}

function openConnection(run: Run, subscriber: Subscriber): void {
  subscriber.last = run.lab.server.slots.find(({ peer }) => peer === subscriber.peer)!.confirmed;
}

function crashSomewhere(run: Run, who: number): void {
  const { lab } = run;
  const { written, flushed } = lab.server.wal;
  const end = flushed + Math.floor(((written - flushed) * (who % 5)) / 4);
  run.crashes += 1;
  listen(run);
  crash(lab.server, lab.host, end);
  lab.finishing.length = 0;
  lab.checks.length = 0;
  const survived: { readonly endedAt: number; readonly commit: Commit }[] = [];
  for (const { writes, endedAt } of run.plain.splice(0)) {
    if (endedAt <= end) survived.push({ endedAt, commit: { gid: 0, csn: 0, writes } });
  }
  for (const tx of [...run.twoPhase.values()]) {
    const { gid, csn, writes, endedAt } = tx;
    if (tx.preparedAt > end) run.twoPhase.delete(gid);
    else if (tx.isEnding && endedAt <= end) {
      run.twoPhase.delete(gid);
      if (tx.decision === "commit") survived.push({ endedAt, commit: { gid, csn, writes } });
    } else {
      tx.isPrepared = true;
      tx.isEnding = false;
    }
  }
  survived.sort((one, other) => one.endedAt - other.endedAt);
  for (const { commit } of survived) run.committed.push(commit);
  for (const client of run.clients) client.state = "idle";
  run.applying.clear();
  for (const subscriber of run.subscribers) subscriber.open = false;
  const { prepared, outcomes } = recovered(lab.server);
  same(
    prepared.map(({ gid }) => gid),
    [...run.twoPhase.keys()],
  );
  const replicated = run.committed.filter(({ gid }) => gid !== 0).map(({ gid, csn }) => ({ gid, csn }));
  same(
    outcomes.map(({ gid, csn }) => ({ gid, csn })),
    replicated.sort((one, other) => one.gid - other.gid),
  );
}

function ask(run: Run, command: DatabaseCommand): void {
  tell(run.lab, command);
  listen(run);
}

// The answers

/** Takes note of what the server has said since. */
function listen(run: Run): void {
  const { replies } = run.lab;
  for (; run.taken < replies.length; run.taken++) takeReply(run, replies[run.taken]!);
  for (const subscriber of run.subscribers) takeStream(run, subscriber);
}

function takeReply(run: Run, reply: DatabaseReply): void {
  switch (reply.type) {
    case "prepared":
      run.twoPhase.get(reply.gid)!.isPrepared = true;
      return;
    case "committedPrepared": {
      const { gid, csn, writes } = run.twoPhase.get(reply.gid)!;
      run.committed.push({ gid, csn, writes });
      run.twoPhase.delete(gid);
      return;
    }
    case "rolledBackPrepared":
      run.twoPhase.delete(reply.gid);
      return;
    case "applied":
      run.applying.get(reply.gid)!.applied = true;
      return;
    case "waits":
    case "logged":
    case "slotCreated":
      return;
    default:
      takeSessionReply(run, reply);
  }
}

function takeSessionReply(run: Run, reply: Extract<DatabaseReply, { session: number }>): void {
  const gid = gidOfSession(reply.session);
  if (gid !== 0) {
    run.applying.delete(gid);
    return;
  }
  const client = run.clients.find(({ session }) => session === reply.session)!;
  if (reply.type === "executed") {
    client.state = "open";
    takeResult(run, client, reply.result);
  } else if (reply.type === "failed") {
    client.state = client.state === "ending" ? "idle" : "failed";
    client.writes.clear();
  } else if (reply.type !== "begun") {
    client.state = "idle";
    takePlainCommit(run, reply.session, reply.type === "committed");
  }
}

function takePlainCommit(run: Run, session: number, committed: boolean): void {
  const place = run.plain.findIndex((other) => other.session === session);
  if (place < 0) return;
  const [plain] = run.plain.splice(place, 1);
  if (committed) run.committed.push({ gid: 0, csn: 0, writes: plain!.writes });
}

function takeResult(run: Run, client: Client, result: StatementResult): void {
  const statement = client.statement!;
  if (statement.table !== "k") return;
  if (statement.type === "select") {
    if (statement.lock !== undefined) return;
    const read = { snapshot: client.snapshot, own: new Map(client.writes), result };
    checkRead(run, read);
    run.reads.push(read);
  } else if (result.count === 1) {
    if (statement.type === "insert") client.writes.set(statement.row[0] as Key, statement.row);
    else if (statement.type === "delete") client.writes.set(statement.key, null);
    else client.writes.set(statement.key, [statement.key, (statement.set[0] as { to: number }).to]);
  }
}

/** Each connection delivers, from where it began, every local PREPARE that is durable, in order. */
function takeStream(run: Run, subscriber: Subscriber): void {
  const { streamed, server } = run.lab;
  for (; subscriber.seen < streamed.length; subscriber.seen++) {
    const { peer, change } = streamed[subscriber.seen]!;
    if (peer !== subscriber.peer) continue;
    must(change.lsn > subscriber.last, "a connection delivers in order, behind where it began");
    must(change.lsn <= server.wal.flushed, "only what is durable is sent");
    must(coordinatorOf(change.label.gid) === 1, "only own transactions are sent");
    subscriber.last = change.lsn;
    subscriber.received.add(change.label.gid);
    subscriber.positions.push(change.lsn);
  }
}

// Runs

function play(csnVisibility: boolean, moves: readonly Move[], cloneAt = -1): Run {
  const run = createRun(csnVisibility);
  for (const [place, move] of moves.entries()) {
    if (place === cloneAt) run.lab.server = structuredClone(run.lab.server);
    makeMove(run, move);
  }
  return run;
}

/** Ends whatever can be ended until nobody is left; whoever waits must then be answered. */
function drain(run: Run): void {
  for (let round = 0; round < 60; round++) {
    for (const client of run.clients)
      if (client.state === "open" || client.state === "failed") rollBack(run, client);
    for (const [gid, { applied }] of [...run.applying]) {
      if (applied) ask(run, { type: "rollback", session: applySession(gid) });
    }
    for (let place = 0; place < run.twoPhase.size; place++) endSomething(run, place, 1);
    flush(run.lab);
    listen(run);
    while (run.lab.finishing.length > 0) finish(run.lab, 0);
    listen(run);
    pass(run.lab, 1000);
    listen(run);
  }
  const { sessions, prepared, openSnapshots } = run.lab.server;
  expect([run.clients.map(({ state }) => state), sessions.size, prepared.size]).toEqual([
    ["idle", "idle", "idle", "idle"],
    0,
    0,
  ]);
  expect(openSnapshots).toEqual([]);
  checkStructure(run.lab.server);
  checkContents(run);
}

/** Moves without fast-check, for one long run. */
function longRun(count: number): Move[] {
  const moves: Move[] = [];
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 20;
  };
  for (let place = 0; place < count; place++) moves.push([next(), next(), next()]);
  return moves;
}

/** How often each kind of answer came. */
function countAnswers(run: Run): Map<string, number> {
  const counts = new Map<string, number>();
  for (const reply of run.lab.replies) {
    const kind = reply.type === "failed" ? reply.error.code : reply.type;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** A key share that is made stronger while a lost update waits for it. */
const STRONGER_LOCK: readonly Move[] = [
  [1979, 469, 960],
  [0, 602, 0],
  [2542, 0, 7],
  [3948, 0, 0],
  [2344, 0, 929],
  [0, 3038, 681],
  [268, 0, 0],
  [0, 0, 513],
  [0, 360, 0],
  [1831, 0, 0],
  [0, 3420, 936],
];

const aMove = fc.tuple(fc.nat(1 << 12), fc.nat(1 << 12), fc.nat(1 << 12));
const someMoves = fc.array(aMove, { maxLength: 200, size: "max" });

describe.each([
  ["stock", false],
  ["csnVisibility", true],
])("a server (%s)", (_name, csnVisibility) => {
  it("shows each snapshot what it must, keeps locks apart, wakes who may go on, loses nothing in a crash, and answers everybody", () => {
    fc.assert(
      fc.property(someMoves, (moves) => {
        const run = play(csnVisibility, moves);
        drain(run);
        // What was read is still right now that every commit's place is known (theory 1.3 C4).
        for (const read of run.reads) checkRead(run, read);
      }),
      { numRuns: 400 },
    );
  });

  it("wakes who has lost a row when the one that it waits for takes a stronger lock of it", () => {
    drain(play(csnVisibility, STRONGER_LOCK));
  });

  it("goes on in the same way when it is replaced by its structured clone", () => {
    fc.assert(
      fc.property(someMoves, fc.nat(199), (moves, place) => {
        const original = play(csnVisibility, moves);
        const cloned = play(csnVisibility, moves, place % Math.max(moves.length, 1));
        expect(cloned.lab.replies).toEqual(original.lab.replies);
        expect(cloned.lab.streamed).toEqual(original.lab.streamed);
        expect(cloned.lab.facts).toEqual(original.lab.facts);
        expect(isDeepStrictEqual(cloned.lab.server, original.lab.server)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("streams every durable PREPARE of its own at least once to each peer, and once without interruption", () => {
    fc.assert(
      fc.property(someMoves, (moves) => {
        const calm = moves.filter(([what]) => what % 40 < 36);
        for (const used of [moves, calm]) {
          const run = createRun(csnVisibility);
          if (used === calm) for (const subscriber of run.subscribers) moveSubscriber(run, subscriber, 1);
          for (const move of used) makeMove(run, move);
          drain(run);
          for (const subscriber of run.subscribers) {
            if (!subscriber.open) moveSubscriber(run, subscriber, 1);
          }
          listen(run);
          const durable = run.lab.facts
            .filter((fact) => fact.fact === "prepared")
            .filter(({ label, rows }) => coordinatorOf(label.gid) === 1 && rows.length > 0)
            .map(({ label }) => label.gid);
          for (const { received, peer } of run.subscribers) {
            for (const gid of durable) expect(received.has(gid)).toBe(true);
            const times = run.lab.streamed.filter((sent) => sent.peer === peer).length;
            if (used === calm) expect(times).toBe(received.size);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("meets everything that there is to meet in such work", () => {
    const run = play(csnVisibility, longRun(20_000));
    drain(run);
    for (const read of run.reads) checkRead(run, read);
    const counts = countAnswers(run);
    const errors = ["40001", "40P01", "55P03", "23505", "23503", "25P02", "42710", "LS001"];
    const answers = [
      "executed",
      "applied",
      "prepared",
      "committedPrepared",
      "rolledBackPrepared",
      "committed",
    ];
    for (const kind of [...errors, ...answers]) expect([kind, counts.has(kind)]).toEqual([kind, true]);
    for (const times of [run.reads.length, run.crashes, run.lab.server.lastWait, run.lab.streamed.length]) {
      expect(times).toBeGreaterThan(50);
    }
  });
});
