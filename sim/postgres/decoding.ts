/**
 * Logical decoding of two-phase transactions (pgoutput with two_phase; postgres.md B): every slot gets, in order of LSN
 * and once it is durable, either each local PREPARE, or everything: PREPARE, COMMIT PREPARED and ROLLBACK PREPARED of
 * whatever origin, and logical messages (pgoutput's options `origin` and `messages`).
 *
 * A slot's confirmed position survives a crash only as far as it was saved: a subscriber may get again what it has
 * confirmed (15, 18: postgres.md I).
 */
import type { LoggedChange, LogicalMessage, StreamMode } from "../../protocol/database.ts";
import type { NodeId } from "../../protocol/members.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import { partFor } from "./pieces.ts";
import type { ReplicationSlot, Retained, Server, ServerHost } from "./state.ts";
import { MESSAGE_RECORD } from "./wal.ts";

/** START_REPLICATION behind the slot's confirmed position or `after`, whichever is later. */
export function openSlot(
  server: Server,
  host: ServerHost,
  peer: NodeId,
  after: number,
  mode: StreamMode,
): void {
  const slot = slotOf(server, peer);
  if (!slot.exists) return;
  slot.open = true;
  slot.mode = mode;
  slot.sentRows.clear();
  if (after > slot.confirmed) confirm(server, slot, after);
  for (let index = 0; index < server.streamed; index++) {
    const retained = server.retained[index]!;
    if (retained.lsn > slot.confirmed) sendTo(host, slot, retained);
  }
}

export function closeSlot(server: Server, peer: NodeId): void {
  const slot = slotOf(server, peer);
  slot.open = false;
  slot.sentRows.clear();
}

/** pg_create_logical_replication_slot: it begins here. */
export function createSlot(server: Server, host: ServerHost, peer: NodeId): void {
  const slot = slotOf(server, peer);
  if (!slot.exists) beginSlot(slot, server.wal.flushed);
  host.reply({ type: "slotCreated", peer, lsn: slot.confirmed });
}

export function dropSlot(server: Server, peer: NodeId): void {
  closeSlot(server, peer);
  slotOf(server, peer).exists = false;
  dropConfirmed(server);
}

/** As if its subscriber had dealt with everything up to here. */
export function beginSlot(slot: ReplicationSlot, lsn: number): void {
  slot.exists = true;
  slot.confirmed = lsn;
  slot.saved = lsn;
}

/** A keepalive: everything that is durable has been sent. */
export function probeSlot(server: Server, host: ServerHost, peer: NodeId, asked: number): void {
  if (slotOf(server, peer).open) host.stream(peer, { kind: "position", lsn: server.wal.flushed, asked });
}

/** The subscriber has dealt durably with everything up to here; also of a slot that is not open (pg_replication_slot_advance). */
export function confirmSlot(server: Server, peer: NodeId, lsn: number): void {
  const slot = slotOf(server, peer);
  if (slot.exists && lsn > slot.confirmed) confirm(server, slot, lsn);
}

/** A record that may have to be decoded: kept until every slot has confirmed it. */
export function retain(server: Server, record: Retained): void {
  if (server.slots.length > 0) server.retained.push(record);
}

/** pg_logical_emit_message(false, ...), and the flush that makes it durable. */
export function logMessage(server: Server, host: ServerHost, message: LogicalMessage): void {
  server.wal.written += MESSAGE_RECORD;
  const change: LoggedChange = { kind: "message", lsn: server.wal.written, message };
  server.logging.push(change);
  retain(server, change);
  host.requestFlush();
}

/** Answers for the messages that are durable. */
export function messagesFlushed(server: Server, host: ServerHost): void {
  const { logging, wal } = server;
  while (logging.length > 0 && logging[0]!.lsn <= wal.flushed) {
    const { message, lsn } = logging.shift()!;
    host.reply({ type: "logged", message, lsn });
  }
}

/** Sends what has become durable. */
export function streamFlushed(server: Server, host: ServerHost): void {
  const { retained, slots, wal } = server;
  while (server.streamed < retained.length && retained[server.streamed]!.lsn <= wal.flushed) {
    const record = retained[server.streamed]!;
    server.streamed += 1;
    for (const slot of slots) {
      if (slot.open) sendTo(host, slot, record);
    }
  }
}

/** After a crash: nobody is connected, what was not saved is forgotten, and what was not durable never happened. */
export function restoreSlots(server: Server): void {
  for (const slot of server.slots) {
    slot.open = false;
    slot.sentRows.clear();
    slot.confirmed = slot.saved;
  }
  server.pieces.length = 0;
  server.abortedXids.length = 0;
  const { retained, wal } = server;
  while (retained.length > 0 && retained[retained.length - 1]!.lsn > wal.flushed) retained.pop();
  server.streamed = retained.length;
}

function sendTo(host: ServerHost, slot: ReplicationSlot, record: Retained): void {
  if (record.kind !== "prepare") {
    if (slot.mode === "all") host.stream(slot.peer, record);
    return;
  }
  const { change, local, xid } = record;
  if (slot.mode === "all" || local) host.stream(slot.peer, xid > 0 ? partFor(slot, change, xid) : change);
}

function confirm(server: Server, slot: ReplicationSlot, lsn: number): void {
  if (lsn > server.wal.flushed) {
    throw new ProtocolViolation(
      `node ${slot.peer} confirms ${lsn}, which node ${server.config.node} never sent`,
    );
  }
  slot.confirmed = lsn;
  if (lsn - slot.saved < server.config.slotSaveBytes) return;
  slot.saved = lsn;
  dropConfirmed(server);
}

function dropConfirmed(server: Server): void {
  const { retained, slots } = server;
  let needed = server.wal.flushed;
  for (const slot of slots) {
    if (slot.exists && slot.saved < needed) needed = slot.saved;
  }
  let dropped = 0;
  while (dropped < retained.length && retained[dropped]!.lsn <= needed) dropped += 1;
  if (dropped === 0) return;
  retained.splice(0, dropped);
  server.streamed -= dropped;
}

function slotOf(server: Server, peer: NodeId): ReplicationSlot {
  for (const slot of server.slots) {
    if (slot.peer === peer) return slot;
  }
  throw new ProtocolViolation(`node ${server.config.node} has no slot for node ${peer}`);
}
