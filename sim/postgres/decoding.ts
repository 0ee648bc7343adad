/**
 * Logical decoding of two-phase transactions: every slot gets each local PREPARE once it is durable, in order of LSN
 * (pgoutput with two_phase; postgres.md B). What was applied from a peer has another origin and is not sent onward.
 *
 * A slot's confirmed position survives a crash only as far as it was saved: a subscriber may get again what it has
 * confirmed (15, 18: postgres.md I).
 */
import type { PreparedChange } from "../../protocol/database.ts";
import type { NodeId } from "../../protocol/members.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import type { ReplicationSlot, Server, ServerHost } from "./state.ts";

/** START_REPLICATION behind the slot's confirmed position or `after`, whichever is later. */
export function openSlot(server: Server, host: ServerHost, peer: NodeId, after: number): void {
  const slot = slotOf(server, peer);
  slot.open = true;
  if (after > slot.confirmed) confirm(server, slot, after);
  for (let index = 0; index < server.streamed; index++) {
    const change = server.retained[index]!;
    if (change.lsn > slot.confirmed) host.stream(peer, change);
  }
}

export function closeSlot(server: Server, peer: NodeId): void {
  slotOf(server, peer).open = false;
}

/** The subscriber has dealt durably with everything up to here. */
export function confirmSlot(server: Server, peer: NodeId, lsn: number): void {
  const slot = slotOf(server, peer);
  if (lsn > slot.confirmed) confirm(server, slot, lsn);
}

/** A local PREPARE: kept until every slot has confirmed it. */
export function retainChange(server: Server, change: PreparedChange): void {
  if (server.slots.length > 0) server.retained.push(change);
}

/** Sends what has become durable. */
export function streamFlushed(server: Server, host: ServerHost): void {
  const { retained, slots, wal } = server;
  while (server.streamed < retained.length && retained[server.streamed]!.lsn <= wal.flushed) {
    const change = retained[server.streamed]!;
    server.streamed += 1;
    for (const slot of slots) {
      if (slot.open) host.stream(slot.peer, change);
    }
  }
}

/** After a crash: nobody is connected, what was not saved is forgotten, and what was not durable never happened. */
export function restoreSlots(server: Server): void {
  for (const slot of server.slots) {
    slot.open = false;
    slot.confirmed = slot.saved;
  }
  const { retained, wal } = server;
  while (retained.length > 0 && retained[retained.length - 1]!.lsn > wal.flushed) retained.pop();
  server.streamed = retained.length;
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
    if (slot.saved < needed) needed = slot.saved;
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
