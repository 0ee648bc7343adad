/**
 * How a transaction ends: COMMIT, and PREPARE TRANSACTION with COMMIT PREPARED or ROLLBACK PREPARED.
 *
 * A commit has five steps in PostgreSQL (RecordTransactionCommit in xact.c, RecordTransactionCommitPrepared in
 * twophase.c): write the record, flush it, mark it in pg_xact, wait for standbys, leave the ProcArray. Only the last
 * makes it visible, and the steps of different backends interleave: hence a second event behind the flush
 * (theory 7.2).
 */
import type { Csn } from "../../protocol/csn.ts";
import {
  type Change,
  isCopy,
  OWN_WRITE,
  type PreparedChange,
  type PrepareLabel,
  type RowLock,
  type SessionId,
  type SqlError,
} from "../../protocol/database.ts";
import { TEMPORARY_OBJECTS, TRANSACTION_ABORTED } from "../../protocol/ddl.ts";
import type { Gid } from "../../protocol/gid.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import { commitDefinitions } from "./alterations.ts";
import { retain } from "./decoding.ts";
import { duplicateGid } from "./errors.ts";
import { heldMode, modeOf, releaseLocks } from "./locks.ts";
import { releaseSnapshot } from "./snapshots.ts";
import type { Server, ServerHost, Transaction } from "./state.ts";
import { releaseTables } from "./table-locks.ts";
import { hasKey } from "./tables.ts";
import { endTransaction, idleTransaction, preparedTransaction, rollBack, undo } from "./transactions.ts";
import { installVersion, vacuum } from "./versions.ts";
import {
  COMMIT_PREPARED_RECORD,
  COMMIT_RECORD,
  prepareRecord,
  ROLLBACK_PREPARED_RECORD,
  writeAndFlush,
} from "./wal.ts";

/** PREPARE TRANSACTION. One that fails rolls back, and frees the session (on 15 and 18 a failed transaction's says so only by its tag). */
export function prepare(server: Server, host: ServerHost, session: SessionId, label: PrepareLabel): void {
  const tx = idleTransaction(server, session);
  const error = whyNotPrepare(server, tx, label.gid);
  if (error !== null) {
    rollBack(server, tx);
    host.reply({ type: "failed", session, error });
    return;
  }
  const isLocal = tx.change === null;
  if (isLocal) nameWrites(tx, label.gid);
  tx.phase = "preparing";
  tx.gid = label.gid;
  tx.locker = -label.gid;
  tx.label = label;
  if (server.config.csnVisibility) tx.inDoubtFrom = label.stamp;
  releaseSnapshot(server, tx);
  server.sessions.delete(session);
  server.prepared.set(label.gid, tx);
  writeAndFlush(server, host, tx, prepareRecord(tx.rows.length));
  // One that has no xid is not decoded (postgres.md B).
  if (!tx.hasXid) return;
  const change = describe(tx, label);
  retain(server, { kind: "prepare", lsn: tx.lsn, change, local: isLocal, xid: tx.xid });
}

function whyNotPrepare(server: Server, tx: Transaction, gid: Gid): SqlError | null {
  if (tx.phase === "failed") return TRANSACTION_ABORTED;
  if (tx.temporary) return TEMPORARY_OBJECTS;
  return server.prepared.has(gid) ? duplicateGid(gid) : null;
}

export function commitPrepared(server: Server, host: ServerHost, gid: Gid, csn: Csn): void {
  const tx = preparedTransaction(server, gid);
  tx.phase = "committing";
  tx.csn = csn;
  if (server.config.csnVisibility) {
    tx.inDoubtFrom = csn;
    // Readers below the CSN are in doubt no longer.
    wakeReaders(server, tx);
  }
  writeAndFlush(server, host, tx, COMMIT_PREPARED_RECORD);
  retain(server, { kind: "committed", lsn: tx.lsn, gid, csn, copy: isCopyHere(server, tx) });
}

export function rollbackPrepared(server: Server, host: ServerHost, gid: Gid): void {
  const tx = preparedTransaction(server, gid);
  tx.phase = "rolling back";
  writeAndFlush(server, host, tx, ROLLBACK_PREPARED_RECORD);
  retain(server, { kind: "rolled back", lsn: tx.lsn, gid, csn: 0, copy: isCopyHere(server, tx) });
}

/** COMMIT. One that wrote nothing leaves no record and is done at once. */
export function commit(server: Server, host: ServerHost, session: SessionId): void {
  const tx = idleTransaction(server, session);
  if (tx.phase === "failed") {
    rollBack(server, tx);
    // Its tag is ROLLBACK.
    host.reply({ type: "rolledBack", session });
    return;
  }
  if (!tx.hasXid) {
    rollBack(server, tx);
    host.reply({ type: "committed", session });
    return;
  }
  tx.phase = "committing";
  tx.busy = true;
  nameWrites(tx, 0);
  releaseSnapshot(server, tx);
  if (server.config.csnVisibility) {
    // It has no CSN of the cluster's: it comes after all that anyone here has seen (mmts 2.1).
    tx.csn = Math.max(server.latest, server.largestSnapshot) + 1;
    tx.inDoubtFrom = tx.csn;
  }
  writeAndFlush(server, host, tx, COMMIT_RECORD);
}

/** The record that the transaction waited for is durable. */
export function recordFlushed(server: Server, host: ServerHost, tx: Transaction): void {
  switch (tx.phase) {
    case "preparing":
      return finishPrepare(host, tx);
    case "committing":
      tx.phase = "finishing";
      host.scheduleFinish(tx.gid, tx.session);
      return;
    case "rolling back":
      finishRollback(server, host, tx);
      host.reply({ type: "rolledBackPrepared", gid: tx.gid });
      return;
    default:
      throw new ProtocolViolation(`a flush for a transaction that is ${tx.phase}`);
  }
}

/** A commit becomes visible and lets go of its locks, in one instant. */
export function finishTransaction(server: Server, host: ServerHost, gid: Gid | 0, session: SessionId): void {
  const tx = gid === 0 ? server.sessions.get(session) : server.prepared.get(gid);
  if (tx?.phase !== "finishing")
    throw new ProtocolViolation(`no commit of ${gid || session} is to be finished`);
  becomeVisible(server, host, tx);
  if (gid !== 0) host.reply({ type: "committedPrepared", gid });
  else host.reply({ type: tx.terminated ? "rolledBack" : "committed", session });
}

export function finishPrepare(host: ServerHost, tx: Transaction): void {
  tx.phase = "prepared";
  if (host.observe !== null) host.observe.prepared(tx.label!, writeSetOf(tx));
  host.reply({ type: "prepared", gid: tx.gid });
}

export function finishRollback(server: Server, host: ServerHost, tx: Transaction): void {
  undo(server, tx);
  server.prepared.delete(tx.gid);
  endTransaction(server, tx);
  if (host.observe !== null) host.observe.rolledBack(tx.gid);
}

export function becomeVisible(server: Server, host: ServerHost, tx: Transaction): void {
  const at = nextPosition(server, tx);
  const { rows, gid, csn } = tx;
  for (let index = 0; index < rows.length; index++) {
    if (rows[index]!.writer === tx.number) installVersion(server, rows[index]!, at);
  }
  const touched = rows.length;
  commitDefinitions(server, tx);
  releaseLocks(server, tx);
  releaseTables(server, tx);
  endTransaction(server, tx);
  if (gid !== 0) {
    server.prepared.delete(gid);
    const { generation, members, configured } = tx.label!;
    server.outcomes.set(gid, { gid, csn, generation, members, configured });
    if (host.observe !== null) host.observe.committed(gid, csn);
  }
  vacuum(server, touched + 1);
}

/** What the transaction changed: recorded as it went, or as its origin delivered it. */
export function writeSetOf(tx: Transaction): readonly Change[] {
  return tx.change === null ? tx.changes : tx.change.rows;
}

/** Where the commit stands on the scale of snapshots; `latest` reaches it. */
function nextPosition(server: Server, tx: Transaction): number {
  if (server.config.csnVisibility) {
    if (tx.csn > server.latest) server.latest = tx.csn;
    return tx.csn;
  }
  const { label } = server;
  if (tx.gid !== 0) {
    server.label = { csn: Math.max(tx.csn, label.csn), count: label.count + 1 };
  }
  server.latest += 1;
  return server.latest;
}

/** The transaction's versions get its gid. */
function nameWrites(tx: Transaction, gid: Gid): void {
  const { rows } = tx;
  for (let index = 0; index < rows.length; index++) {
    const slot = rows[index]!;
    if (slot.writer === tx.number) slot.pending!.gid = gid;
  }
  if (tx.rewroteOwn) tx.changes = tx.changes.map((change) => nameBase(change, gid));
}

function nameBase(change: Change, gid: Gid): Change {
  return "base" in change && change.base === OWN_WRITE ? { ...change, base: gid } : change;
}

/** The gid's text says so. */
function isCopyHere({ config }: Server, { label }: Transaction): boolean {
  return label !== null && isCopy(label, config.node);
}

function describe(tx: Transaction, label: PrepareLabel): PreparedChange {
  // What was applied is sent on as it came (wal_level logical records it like any other).
  if (tx.change !== null) return { ...tx.change, lsn: tx.lsn, label };
  return { kind: "prepared", lsn: tx.lsn, label, rows: tx.changes, locks: locksOf(tx) };
}

const NO_LOCKS: readonly RowLock[] = [];

/** The rows that it locked and did not write; mostly there are none, and the list stays in the WAL for long. */
function locksOf(tx: Transaction): readonly RowLock[] {
  let locks: RowLock[] | null = null;
  for (const slot of tx.rows) {
    if (slot.writer === tx.number || slot.table.persistence !== "replicated") continue;
    const lock = { table: slot.table.name, key: slot.key, mode: modeOf(heldMode(slot, tx.number)) };
    const row = hasKey(slot.table) ? null : slot.current?.row;
    locks ??= [];
    locks.push(row ? { ...lock, row } : lock);
  }
  return locks ?? NO_LOCKS;
}

function wakeReaders(server: Server, tx: Transaction): void {
  for (const slot of tx.rows) {
    if (slot.queue !== null) server.toWake.push(slot);
  }
}
