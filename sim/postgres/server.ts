/**
 * The model of one stock PostgreSQL server (15 to 18), as far as the database port can see it, and no more.
 *
 * Modelled: sessions with one transaction each, READ COMMITTED and REPEATABLE READ; versions of rows whose visibility
 * follows the order in which commits finish, not that of their WAL records; row locks in four modes with queues, table
 * locks, lock timeout and local deadlock detection; primary keys, unique columns and foreign keys; tables without a
 * primary key (REPLICA IDENTITY FULL); sequences; DDL in transactions: schemas, tables, CREATE TABLE AS, columns, unique
 * indexes, TRUNCATE, sequences, temporary tables, with search_path, role and settings; PREPARE TRANSACTION, COMMIT
 * PREPARED and ROLLBACK PREPARED with their records, group flush and locks that outlive session and crash; logical
 * decoding through one slot a peer, sent again after a reconnection or a crash, large write sets in pieces ahead of
 * their PREPARE; applying of remote transactions under a replication origin; recovery from the WAL that survived a crash.
 * One switch leaves the stock server: csnVisibility, reading at a CSN with waiting readers (Clock-SI, theory 1.2; the patched visibility of 1.6).
 *
 * Left out: subtransactions; updates that change a primary key; predicates and plans (rows are found by key or all);
 * composite, partial, deferrable and exclusion constraints, ON DELETE actions; all other DDL, and DDL outside of
 * transactions (CONCURRENTLY, VACUUM); CASCADE; views, functions, triggers; privileges but that of an owner; SET that
 * outlasts its transaction; LOCK TABLE and advisory locks; an end of sessions, with which temporary tables would go;
 * SERIALIZABLE (SSI); VACUUM as a process, freezing and xid wraparound; TOAST; torn pages and checksums; synchronous
 * standbys; max_prepared_transactions and other limits; pieces of what is rolled back to a savepoint; the race in which waiters for a row whose version
 * changed may overtake each other; and a second row with one key that REPEATABLE READ may see, when it inserts a key
 * whose deletion its snapshot does not see (15 and 18 show both, here it sees its own).
 *
 * A server is plain data, changed in place by the functions of this file; `host` carries out what it asks for.
 * Commands that no client of the port may give (a session used twice at once, an unknown gid) throw ProtocolViolation.
 */
import type {
  DatabaseCommand,
  Isolation,
  Key,
  Row,
  SessionId,
  StreamMode,
  TableDefinition,
} from "../../protocol/database.ts";
import type { Gid } from "../../protocol/gid.ts";
import type { NodeId } from "../../protocol/members.ts";
import { contains } from "../../protocol/members.ts";
import { ProtocolViolation, unreachable } from "../../protocol/violation.ts";
import { applyChange } from "./applying.ts";
import { waitEdges } from "./deadlock.ts";
import {
  closeSlot,
  confirmSlot,
  createSlot,
  dropSlot,
  logMessage,
  messagesFlushed,
  openSlot,
  probeSlot,
  streamFlushed,
} from "./decoding.ts";
import { forgetFlushed, forgetOutcomes } from "./outcomes.ts";
import { sendAborts, sendPieces } from "./pieces.ts";
import { recoverFrom, type Survivors, survivors } from "./recovery.ts";
import { relationFor } from "./relations.ts";
import { schemaLines } from "./schema.ts";
import { alignSequences, loadSequence } from "./sequences.ts";
import type { Server, ServerConfig, ServerHost, WaitCheck } from "./state.ts";
import { executeStatement } from "./statements.ts";
import { createTables, hasKey, loadRow } from "./tables.ts";
import { beginTransaction, idleTransaction, rollBack } from "./transactions.ts";
import {
  commit,
  commitPrepared,
  finishTransaction,
  prepare,
  recordFlushed,
  rollbackPrepared,
} from "./two-phase.ts";
import { checkWait, wakeWaiters } from "./waking.ts";
import { advanceFlushed } from "./wal.ts";

/** @throws ProtocolViolation if a table definition names what is not there */
export function createServer(config: ServerConfig): Server {
  const server: Server = {
    config,
    tables: createTables(config.tables),
    sequences: new Map(),
    relations: new Map(),
    hasTemporary: false,
    alignedTo: 0,
    sessions: new Map(),
    prepared: new Map(),
    transactions: [null],
    freeNumbers: [],
    wal: { written: 0, flushed: 0 },
    awaitingFlush: [],
    latest: 0,
    label: { csn: 0, count: 0 },
    openSnapshots: [],
    largestSnapshot: 0,
    retention: config.csnVisibility ? config.csnRetentionUs : 0,
    oldestReadable: 0,
    vacuum: [],
    toWake: [],
    relationsToWake: [],
    lastWait: 0,
    copied: null,
    outcomes: new Map(),
    finishedBelow: new Map(),
    forgetting: [],
    logging: [],
    slots: config.peers.map((peer) => ({
      peer,
      exists: contains(config.subscribers, peer),
      mode: "own",
      open: false,
      confirmed: 0,
      saved: 0,
      sentRows: new Map(),
    })),
    retained: [],
    pieces: [],
    abortedXids: [],
    lastXid: 0,
    streamed: 0,
  };
  for (const table of server.tables.values()) relationFor(server, table.name).current = table;
  for (const name of config.sequences) loadSequence(server, name);
  return server;
}

/** The initial load: rows written by gid 0 with CSN 0. Foreign keys are not checked. */
export function loadRows(server: Server, table: string, rows: readonly Row[]): void {
  const target = tableOf(server, table);
  for (const row of rows) loadRow(target, row);
}

export function carryOut(server: Server, host: ServerHost, command: DatabaseCommand): void {
  switch (command.type) {
    case "execute": {
      const tx = idleTransaction(server, command.session);
      executeStatement(server, host, tx, command.statement, command.snapshot);
      break;
    }
    case "begin":
      begin(server, host, command.session, command.isolation);
      break;
    case "commit":
      commit(server, host, command.session);
      break;
    case "rollback":
      rollback(server, host, command.session);
      break;
    case "prepare":
      prepare(server, host, command.session, command.label);
      break;
    case "apply":
      applyChange(server, host, command.change);
      break;
    case "commitPrepared":
      commitPrepared(server, host, command.gid, command.csn);
      break;
    case "rollbackPrepared":
      rollbackPrepared(server, host, command.gid);
      break;
    case "waits":
      host.reply({ type: "waits", edges: waitEdges(server, host.nowUs(), command.longerThanUs) });
      break;
    case "logMessage":
      logMessage(server, host, command.message);
      break;
    case "forgetOutcomes":
      forgetOutcomes(server, command.coordinator, command.below);
      break;
    case "alignSequences":
      alignSequences(server, command.node);
      break;
    case "createSlot":
      createSlot(server, host, command.peer);
      break;
    case "dropSlot":
      dropSlot(server, command.peer);
      break;
    default:
      unreachable(command);
  }
  settle(server, host);
}

/** The WAL is durable up to here: `server.wal.written` as it was when the flush began, or less. */
export function walFlushed(server: Server, host: ServerHost, lsn: number): void {
  if (!advanceFlushed(server, lsn)) return;
  const { awaitingFlush } = server;
  while (awaitingFlush.length > 0 && awaitingFlush[0]!.lsn <= lsn) {
    recordFlushed(server, host, awaitingFlush.shift()!);
  }
  sendPieces(server, host);
  streamFlushed(server, host);
  messagesFlushed(server, host);
  forgetFlushed(server);
  settle(server, host);
}

/** The backend of a durable commit has left the ProcArray: visible, locks released, answered. */
export function finishCommit(server: Server, host: ServerHost, gid: Gid | 0, session: SessionId): void {
  finishTransaction(server, host, gid, session);
  settle(server, host);
}

/** A time that scheduleWaitCheck asked for has come. */
export function waitCheck(
  server: Server,
  host: ServerHost,
  session: SessionId,
  waitId: number,
  kind: WaitCheck,
): void {
  checkWait(server, host, session, waitId, kind);
  settle(server, host);
}

/** START_REPLICATION behind the slot's confirmed position or `after`, whichever is later: sends again what is durable since. */
export function openStream(
  server: Server,
  host: ServerHost,
  peer: NodeId,
  after: number,
  mode: StreamMode = "own",
): void {
  openSlot(server, host, peer, after, mode);
}

/** A status update that asks for a reply: the keepalive comes behind all that was sent. */
export function probeStream(server: Server, host: ServerHost, peer: NodeId, asked: number): void {
  probeSlot(server, host, peer, asked);
}

export function closeStream(server: Server, peer: NodeId): void {
  closeSlot(server, peer);
}

/** The subscriber has dealt durably with everything up to this position. */
export function confirmStream(server: Server, peer: NodeId, lsn: number): void {
  confirmSlot(server, peer, lsn);
}

/**
 * The machine stopped, and everything of the WAL beyond `survivingLsn` is lost (between wal.flushed and wal.written).
 * Leaves the state after recovery; events that were scheduled before are void. `host` is asked for nothing but its
 * observer, which hears of what recovery finishes.
 */
export function crash(server: Server, host: ServerHost, survivingLsn: number): void {
  recoverFrom(server, host, survivingLsn);
}

/** What a restarting node is told: prepared transactions in order of their PREPAREs, outcomes in order of gid, marks of nodes. */
export function recovered(server: Server): Survivors {
  return survivors(server);
}

/** A committed row, and who wrote it. */
export interface DumpedRow {
  readonly key: Key;
  readonly row: Row;
  readonly version: Gid;
}

/** The committed contents of a table, in order of key. */
export function dumpTable(server: Server, table: string): DumpedRow[] {
  const rows: DumpedRow[] = [];
  const found = tableOf(server, table);
  for (const { key, current } of found.ordered) {
    if (current?.row) rows.push({ key, row: current.row, version: current.gid });
  }
  return hasKey(found) ? rows : inOrderOfContents(rows);
}

/** What a table is made of, and everything else that was defined, each in a line. */
export function dumpSchema(server: Server): string[] {
  return schemaLines(server);
}

/** The tables whose rows every node has. */
export function replicatedTables(server: Server): TableDefinition[] {
  const tables = [...server.tables.values()].filter(({ persistence }) => persistence === "replicated");
  return tables.map(({ definition }) => definition).sort((one, other) => (one.name < other.name ? -1 : 1));
}

function inOrderOfContents(rows: readonly DumpedRow[]): DumpedRow[] {
  const named = rows.map((row) => ({ row, name: JSON.stringify([row.row, row.version]) }));
  return named.sort((one, other) => (one.name < other.name ? -1 : 1)).map(({ row }) => row);
}

/** What every command and event ends with. */
function settle(server: Server, host: ServerHost): void {
  wakeWaiters(server, host);
  if (server.abortedXids.length > 0) sendAborts(server, host);
}

function begin(server: Server, host: ServerHost, session: SessionId, isolation: Isolation): void {
  beginTransaction(server, session, 0, isolation === "repeatable read");
  host.reply({ type: "begun", session });
}

/** Also of a session that waits, whose statement then gets no reply. A commit under way cannot be called back. */
function rollback(server: Server, host: ServerHost, session: SessionId): void {
  const tx = server.sessions.get(session);
  if (tx !== undefined && (tx.phase === "committing" || tx.phase === "finishing")) {
    tx.terminated = true;
    return;
  }
  if (tx !== undefined) rollBack(server, tx);
  host.reply({ type: "rolledBack", session });
}

function tableOf(server: Server, name: string) {
  const table = server.tables.get(name);
  if (table === undefined) throw new ProtocolViolation(`node ${server.config.node} has no table ${name}`);
  return table;
}
