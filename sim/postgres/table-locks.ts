/**
 * Locks of tables, and of other names: PostgreSQL's eight modes (documentation, "Table-Level Locks"; lock.c and proc.c of
 * src/backend/storage/lmgr), held to the end of the transaction, also of a prepared one.
 *
 * Unlike a row's lock, one that does not conflict with its holders waits behind those in the queue with whom it does
 * conflict; but who holds some lock of the table already goes before waiters that wait for that.
 */
import { keepSnapshot } from "./snapshots.ts";
import type { HeldLock, Relation, Server, ServerHost, Transaction } from "./state.ts";

export const ACCESS_SHARE = 1;
export const ROW_SHARE = 2;
export const ROW_EXCLUSIVE = 3;
export const SHARE_ROW_EXCLUSIVE = 6;
export const ACCESS_EXCLUSIVE = 8;

/** By mode: the modes that it conflicts with, as bits. */
const CONFLICTS: readonly number[] = [
  [],
  [8],
  [7, 8],
  [5, 6, 7, 8],
  [4, 5, 6, 7, 8],
  [3, 4, 6, 7, 8],
  [3, 4, 5, 6, 7, 8],
  [2, 3, 4, 5, 6, 7, 8],
  [1, 2, 3, 4, 5, 6, 7, 8],
].map((modes) => modes.reduce((bits, mode) => bits | (1 << mode), 0));

/** @returns whether the transaction holds the lock now; if not, it waits. */
export function lockTable(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  relation: Relation,
  mode: number,
): boolean {
  const held = heldLock(tx, relation);
  if (held !== null && (held.modes & (1 << mode)) !== 0) return true;
  if (isTaken(server, tx, relation, mode) || isQueuedFor(server, relation, mode, held)) {
    waitForTable(server, host, tx, relation, mode, held);
    return false;
  }
  grant(tx, relation, mode);
  return true;
}

/** Its turn has come: it has the lock before those behind it are asked. */
export function grantTable(tx: Transaction): void {
  const relation = tx.waitsForTable!;
  endTableWait(tx);
  grant(tx, relation, tx.waitMode);
}

/** Gives up every lock of the transaction. */
export function releaseTables(server: Server, tx: Transaction): void {
  const { tableLocks } = tx;
  for (let index = 0; index < tableLocks.length; index++) {
    const { relation } = tableLocks[index]!;
    removeHolder(relation.holders, tx.number);
    if (relation.queue.length > 0) server.relationsToWake.push(relation);
  }
  tableLocks.length = 0;
}

/** Mostly it is the last one, or the only one. */
function removeHolder(holders: number[], number: number): void {
  if (holders[holders.length - 1] === number) holders.pop();
  else holders.splice(holders.indexOf(number), 1);
}

/** Takes the transaction out of the queue that it stands in. */
function endTableWait(tx: Transaction): void {
  const { queue } = tx.waitsForTable!;
  queue.splice(queue.indexOf(tx.number), 1);
  tx.phase = "running";
  tx.waitsForTable = null;
  tx.waitId = 0;
}

/** Those who stood behind it may have waited for it alone. */
export function leaveTableQueue(server: Server, tx: Transaction): void {
  const relation = tx.waitsForTable!;
  endTableWait(tx);
  if (relation.queue.length > 0) server.relationsToWake.push(relation);
}

/** Whether the waiter at this place of the queue still has to wait. */
export function isTableBlocked(server: Server, relation: Relation, place: number): boolean {
  return tableBlockers(server, server.transactions[relation.queue[place]!]!, relation).length > 0;
}

/** The numbers of all that must end before this waiter can go on, each once. */
export function tableBlockers(server: Server, tx: Transaction, relation: Relation): number[] {
  const conflicts = CONFLICTS[tx.waitMode]!;
  const blockers = relation.holders.filter((holder) => {
    return holder !== tx.number && (modesOf(server, holder, relation) & conflicts) !== 0;
  });
  for (const ahead of relation.queue) {
    if (ahead === tx.number) break;
    const conflicting = (conflicts & (1 << server.transactions[ahead]!.waitMode)) !== 0;
    if (conflicting && !blockers.includes(ahead)) blockers.push(ahead);
  }
  return blockers;
}

function grant(tx: Transaction, relation: Relation, mode: number): void {
  const held = heldLock(tx, relation);
  if (held !== null) held.modes |= 1 << mode;
  else {
    tx.tableLocks.push({ relation, modes: 1 << mode });
    relation.holders.push(tx.number);
  }
}

function isTaken(server: Server, tx: Transaction, relation: Relation, mode: number): boolean {
  const conflicts = CONFLICTS[mode]!;
  const { holders } = relation;
  for (let index = 0; index < holders.length; index++) {
    const holder = holders[index]!;
    if (holder !== tx.number && (modesOf(server, holder, relation) & conflicts) !== 0) return true;
  }
  return false;
}

/** Whether somebody waits whom this lock would keep waiting, and who does not wait for its holder anyway. */
function isQueuedFor(server: Server, relation: Relation, mode: number, held: HeldLock | null): boolean {
  return relation.queue.some((waiter) => {
    const { waitMode } = server.transactions[waiter]!;
    const mine = held !== null && (CONFLICTS[waitMode]! & held.modes) !== 0;
    return !mine && (CONFLICTS[mode]! & (1 << waitMode)) !== 0;
  });
}

function waitForTable(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  relation: Relation,
  mode: number,
  held: HeldLock | null,
): void {
  const { config } = server;
  server.lastWait += 1;
  tx.phase = "waiting";
  tx.waitsForTable = relation;
  tx.waitMode = mode;
  tx.waitId = server.lastWait;
  tx.waitSince = host.nowUs();
  keepSnapshot(server, tx);
  const { queue } = relation;
  let place = queue.length;
  // Those who wait for what it holds would wait for it for ever if it stood behind them.
  if (held !== null) {
    while (place > 0 && (CONFLICTS[server.transactions[queue[place - 1]!]!.waitMode]! & held.modes) !== 0) {
      place -= 1;
    }
  }
  queue.splice(place, 0, tx.number);
  host.scheduleWaitCheck(tx.session, tx.waitId, "deadlock", config.deadlockTimeoutUs);
  if (config.lockTimeoutUs > 0) {
    host.scheduleWaitCheck(tx.session, tx.waitId, "lock timeout", config.lockTimeoutUs);
  }
}

function modesOf(server: Server, holder: number, relation: Relation): number {
  return heldLock(server.transactions[holder]!, relation)?.modes ?? 0;
}

function heldLock(tx: Transaction, relation: Relation): HeldLock | null {
  const { tableLocks } = tx;
  for (let index = 0; index < tableLocks.length; index++) {
    if (tableLocks[index]!.relation === relation) return tableLocks[index]!;
  }
  return null;
}
