/** The life of a transaction on the server: its begin, and the ways in which it can come to nothing. */
import type { SessionId, SqlError } from "../../protocol/database.ts";
import { USUAL_ENVIRONMENT } from "../../protocol/ddl.ts";
import { type Gid, showGid } from "../../protocol/gid.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import { forgetDefinitions } from "./alterations.ts";
import { endWait, releaseLocks } from "./locks.ts";
import { releaseCheckSnapshot, releaseSnapshot } from "./snapshots.ts";
import { NEVER, type Server, type ServerHost, type Transaction } from "./state.ts";
import { leaveTableQueue, releaseTables } from "./table-locks.ts";
import { discardVersion, vacuum } from "./versions.ts";

const ABORT_RECORD = 40;

/** BEGIN; `gid` only for an apply, else 0. */
export function beginTransaction(
  server: Server,
  session: SessionId,
  gid: Gid,
  repeatable: boolean,
): Transaction {
  if (server.sessions.has(session)) {
    throw new ProtocolViolation(`session ${session} has a transaction already`);
  }
  const number = server.freeNumbers.pop() ?? server.transactions.length;
  const tx: Transaction = {
    number,
    session,
    repeatable,
    phase: "running",
    gid,
    locker: session,
    hasXid: false,
    wrote: false,
    temporary: false,
    environment: USUAL_ENVIRONMENT,
    tableLocks: [],
    defined: [],
    undo: [],
    busy: false,
    terminated: false,
    snapshot: -1,
    snapshotLabel: server.label,
    snapshotIsOpen: false,
    checkSnapshot: -1,
    rows: [],
    changes: [],
    xid: 0,
    streamedRows: 0,
    rewroteOwn: false,
    statement: null,
    change: null,
    step: 0,
    position: 0,
    keys: null,
    results: null,
    versions: null,
    target: null,
    oldRow: null,
    replaced: 0,
    waitsFor: null,
    waitsForTable: null,
    waitMode: 0,
    waitWriter: 0,
    waitId: 0,
    waitSince: 0,
    label: null,
    csn: 0,
    lsn: 0,
    inDoubtFrom: NEVER,
  };
  server.transactions[number] = tx;
  server.sessions.set(session, tx);
  return tx;
}

/** The transaction of a session that is between commands. */
export function idleTransaction(server: Server, session: SessionId): Transaction {
  const tx = server.sessions.get(session);
  if (tx === undefined) throw new ProtocolViolation(`session ${session} has no transaction`);
  if (tx.busy) throw new ProtocolViolation(`session ${session} has not answered its last command`);
  return tx;
}

/** A transaction that is prepared, and that no other command is finishing. */
export function preparedTransaction(server: Server, gid: Gid): Transaction {
  const tx = server.prepared.get(gid);
  if (tx?.phase !== "prepared") {
    throw new ProtocolViolation(`${showGid(gid)} is ${tx === undefined ? "not prepared" : tx.phase}`);
  }
  return tx;
}

/**
 * The statement failed: the transaction lets go of everything at once (on 15 and 18 a row is free as soon as its
 * locker's statement has failed), and a client's waits for its ROLLBACK. An applier rolls back by itself.
 */
export function failTransaction(server: Server, host: ServerHost, tx: Transaction, error: SqlError): void {
  if (tx.hasXid) server.wal.written += ABORT_RECORD;
  undo(server, tx);
  if (tx.session < 0) endTransaction(server, tx);
  else tx.phase = "failed";
  host.reply({ type: "failed", session: tx.session, error });
}

/** ROLLBACK of a transaction that is not prepared, also in the middle of a statement. */
export function rollBack(server: Server, tx: Transaction): void {
  if (tx.hasXid) server.wal.written += ABORT_RECORD;
  undo(server, tx);
  endTransaction(server, tx);
}

/** Takes back what the transaction did, and gives up all that it holds or waits for. */
export function undo(server: Server, tx: Transaction): void {
  leaveQueue(server, tx);
  const { rows } = tx;
  for (let index = 0; index < rows.length; index++) {
    if (rows[index]!.writer === tx.number) discardVersion(server, rows[index]!);
  }
  const touched = rows.length;
  forgetDefinitions(tx);
  releaseLocks(server, tx);
  releaseTables(server, tx);
  rows.length = 0;
  releaseSnapshot(server, tx);
  releaseCheckSnapshot(server, tx);
  tx.busy = false;
  tx.statement = null;
  tx.change = null;
  if (tx.xid > 0) server.abortedXids.push(tx.xid);
  tx.hasXid = false;
  tx.wrote = false;
  vacuum(server, touched);
}

/** Those who stood behind it may have waited for it alone. */
function leaveQueue(server: Server, tx: Transaction): void {
  if (tx.waitsForTable !== null) return leaveTableQueue(server, tx);
  const slot = tx.waitsFor;
  if (slot === null) return;
  endWait(tx);
  if (slot.queue !== null) server.toWake.push(slot);
}

/** Nothing refers to the transaction any more; its session is free. */
export function endTransaction(server: Server, tx: Transaction): void {
  server.transactions[tx.number] = null;
  server.freeNumbers.push(tx.number);
  if (server.sessions.get(tx.session) === tx) server.sessions.delete(tx.session);
}
