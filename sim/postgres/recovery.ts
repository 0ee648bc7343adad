/**
 * Crash recovery. The state is not replayed but cut back: nothing becomes visible before it is durable, so all that a
 * crash can take is running transactions, and records beyond the end of the surviving WAL.
 */
import type { CommittedOutcome, CopyLabel, FinishedMark, PrepareLabel } from "../../protocol/database.ts";
import { ProtocolViolation, unreachable } from "../../protocol/violation.ts";
import { restoreSlots } from "./decoding.ts";
import { forgetFlushed } from "./outcomes.ts";
import { isTemporaryName } from "./relations.ts";
import { restoreSequences } from "./sequences.ts";
import { NEVER, type Server, type ServerHost, type Transaction } from "./state.ts";
import { endTransaction, rollBack, undo } from "./transactions.ts";
import { becomeVisible, finishRollback, writeSetOf } from "./two-phase.ts";

/** The state after recovery from a WAL that ends at `survivingLsn`. The observer hears what that finishes; nobody gets a reply. */
export function recoverFrom(server: Server, host: ServerHost, survivingLsn: number): void {
  const { wal } = server;
  if (survivingLsn < wal.flushed || survivingLsn > wal.written) {
    throw new ProtocolViolation(`a crash at ${survivingLsn}: flushed ${wal.flushed}, written ${wal.written}`);
  }
  const committed: Transaction[] = [];
  for (const tx of [...server.sessions.values()]) {
    const survives = (tx.phase === "committing" || tx.phase === "finishing") && tx.lsn <= survivingLsn;
    if (survives) committed.push(tx);
    else rollBack(server, tx);
  }
  for (const tx of [...server.prepared.values()]) {
    if (recoverPrepared(server, host, tx, tx.lsn <= survivingLsn)) committed.push(tx);
  }
  committed.sort((one, other) => one.lsn - other.lsn);
  for (const tx of committed) becomeVisible(server, host, tx);
  wal.written = survivingLsn;
  wal.flushed = survivingLsn;
  server.awaitingFlush.length = 0;
  server.toWake.length = 0;
  server.relationsToWake.length = 0;
  dropTemporary(server);
  forgetFlushed(server);
  server.forgetting.length = 0;
  server.logging.length = 0;
  restoreSlots(server);
  restoreSequences(server);
}

export interface Survivors {
  readonly prepared: PrepareLabel[];
  readonly outcomes: CommittedOutcome[];
  readonly finished: FinishedMark[];
  readonly copied: CopyLabel | null;
}

/** Prepared transactions in order of their PREPARE records, outcomes in order of gid, marks in order of coordinator. */
export function survivors(server: Server): Survivors {
  const prepared: PrepareLabel[] = [];
  for (const tx of server.prepared.values()) prepared.push(tx.label!);
  const outcomes: CommittedOutcome[] = [];
  for (const outcome of server.outcomes.values()) outcomes.push(outcome);
  outcomes.sort((one, other) => one.gid - other.gid);
  const finished: FinishedMark[] = [];
  for (const [coordinator, below] of server.finishedBelow) finished.push({ coordinator, below });
  finished.sort((one, other) => one.coordinator - other.coordinator);
  return { prepared, outcomes, finished, copied: server.copied };
}

/** @returns whether it is to be committed */
function recoverPrepared(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  recordSurvives: boolean,
): boolean {
  switch (tx.phase) {
    case "prepared":
      return false;
    case "preparing":
      if (recordSurvives) surviveAsPrepared(host, tx);
      else forgetPrepared(server, tx);
      return false;
    case "committing":
    case "finishing":
      if (recordSurvives) return true;
      prepareAgain(server, tx);
      return false;
    case "rolling back":
      if (recordSurvives) finishRollback(server, host, tx);
      else prepareAgain(server, tx);
      return false;
    case "running":
    case "waiting":
    case "failed":
      throw new ProtocolViolation(`a prepared transaction that is ${tx.phase}`);
    default:
      return unreachable(tx.phase);
  }
}

function surviveAsPrepared(host: ServerHost, tx: Transaction): void {
  tx.phase = "prepared";
  if (host.observe !== null) host.observe.prepared(tx.label!, writeSetOf(tx));
}

function forgetPrepared(server: Server, tx: Transaction): void {
  undo(server, tx);
  server.prepared.delete(tx.gid);
  endTransaction(server, tx);
}

/** No session survives. */
function dropTemporary(server: Server): void {
  for (const name of server.relations.keys()) {
    if (!isTemporaryName(name)) continue;
    server.relations.delete(name);
    server.tables.delete(name);
  }
  server.hasTemporary = false;
}

function prepareAgain(server: Server, tx: Transaction): void {
  tx.phase = "prepared";
  tx.inDoubtFrom = server.config.csnVisibility ? tx.label!.stamp : NEVER;
}
