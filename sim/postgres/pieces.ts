/**
 * Large transactions: a write set that exceeds logical_decoding_work_mem leaves in pieces while its transaction still
 * runs (pgoutput's streaming = on; postgres.md F), the rest of it with the PREPARE. A piece leaves once its WAL is durable.
 *
 * A transaction that comes to nothing after a piece has left says so, or its pieces would stay with the subscriber for
 * ever (mmts 9.1 bug 15). What left belongs to its connection: on a new one all comes again from the beginning.
 */
import { type Change, OWN_WRITE, type PreparedChange, type StreamPart } from "../../protocol/database.ts";
import type { Gid } from "../../protocol/gid.ts";
import type { ReplicationSlot, Server, ServerHost, Transaction } from "./state.ts";

/** A local transaction has done something more. */
export function noteProgress(server: Server, host: ServerHost, tx: Transaction): void {
  const { decodingMemoryRows } = server.config;
  if (decodingMemoryRows === 0 || tx.change !== null) return;
  if (tx.changes.length - tx.streamedRows < decodingMemoryRows) return;
  if (tx.xid === 0) {
    server.lastXid += 1;
    tx.xid = server.lastXid;
  }
  tx.streamedRows = tx.changes.length;
  server.pieces.push({ lsn: server.wal.written, number: tx.number, xid: tx.xid, rows: tx.changes.length });
  host.requestFlush();
}

/** Sends the pieces whose WAL is durable, of transactions that still run. */
export function sendPieces(server: Server, host: ServerHost): void {
  const { pieces, wal } = server;
  while (pieces.length > 0 && pieces[0]!.lsn <= wal.flushed) {
    const { number, xid, rows } = pieces.shift()!;
    const tx = server.transactions[number];
    if (tx === null || tx === undefined || tx.xid !== xid || tx.gid !== 0) continue;
    for (const slot of server.slots) {
      if (!slot.open) continue;
      const sent = slot.sentRows.get(xid) ?? 0;
      host.stream(slot.peer, { kind: "piece", xid, rows: tx.changes.slice(sent, rows) });
      slot.sentRows.set(xid, rows);
    }
  }
}

/** Says of the transactions that came to nothing that their pieces can be dropped. */
export function sendAborts(server: Server, host: ServerHost): void {
  const { abortedXids } = server;
  for (const xid of abortedXids) {
    for (const slot of server.slots) {
      if (slot.sentRows.delete(xid) && slot.open) host.stream(slot.peer, { kind: "piece aborted", xid });
    }
  }
  abortedXids.length = 0;
}

/** The PREPARE as this connection needs it: with those rows that have not left yet. */
export function partFor(slot: ReplicationSlot, change: PreparedChange, xid: number): StreamPart {
  const sent = slot.sentRows.get(xid);
  if (sent === undefined) return change;
  slot.sentRows.delete(xid);
  return { kind: "last piece", xid, change: { ...change, rows: change.rows.slice(sent) } };
}

/** The subscriber's side: the whole write set, of what left before the transaction had a gid and of the rest. */
export function assemble(pieces: readonly Change[], last: PreparedChange): PreparedChange {
  const { gid } = last.label;
  return { ...last, rows: [...pieces.map((change) => named(change, gid)), ...last.rows] };
}

function named(change: Change, gid: Gid): Change {
  return "base" in change && change.base === OWN_WRITE ? { ...change, base: gid } : change;
}
