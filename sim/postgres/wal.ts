/**
 * The write-ahead log, as far as anyone outside can tell: how long it is, how far it is durable, and who waits for
 * that. Sizes of records are those that PostgreSQL 15 and 18 wrote for rows of two integers.
 */
import { ProtocolViolation } from "../../protocol/violation.ts";
import type { Server, ServerHost, Transaction } from "./state.ts";

export const COMMIT_RECORD = 48;
/** A logical message of the protocol's size. */
export const MESSAGE_RECORD = 120;
/** With track_commit_timestamp. */
export const COMMIT_PREPARED_RECORD = 112;
/** ROLLBACK PREPARED flushes its record too, since the state file goes with it (15, 18: one sync). */
export const ROLLBACK_PREPARED_RECORD = 56;
const PREPARE_RECORD = 200;
const PREPARE_RECORD_A_ROW = 48;

export function prepareRecord(rows: number): number {
  return PREPARE_RECORD + rows * PREPARE_RECORD_A_ROW;
}

/** Writes the record that ends a phase of the transaction, and asks for the flush that it then waits for. */
export function writeAndFlush(server: Server, host: ServerHost, tx: Transaction, bytes: number): void {
  server.wal.written += bytes;
  tx.lsn = server.wal.written;
  server.awaitingFlush.push(tx);
  host.requestFlush();
}

/** @returns whether more is durable now than before */
export function advanceFlushed(server: Server, lsn: number): boolean {
  const { wal } = server;
  if (lsn > wal.written) throw new ProtocolViolation(`flushed to ${lsn}, written to ${wal.written}`);
  if (lsn <= wal.flushed) return false;
  wal.flushed = lsn;
  return true;
}
