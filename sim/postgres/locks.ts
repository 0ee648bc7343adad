/**
 * Row locks: PostgreSQL's four modes, held to the end of the transaction (documentation, "Row-Level Locks";
 * src/backend/access/heap/README.tuplock).
 *
 * A lock that does not conflict with what others hold is granted at once, also past a queue of waiters: on 15 and 18
 * a FOR SHARE overtakes an UPDATE that waits for another FOR SHARE. Those who do wait are served in order of arrival,
 * with three exceptions. One who holds a weaker lock of the row already goes before those who hold none, since they
 * wait for it. One who waits for the end of a writer, and not for a lock, need not take turns (with csnVisibility it does). And with REPEATABLE READ
 * the wait is over, and lost, as soon as the row has a newer version. (A real queue is mostly so: the heavyweight tuple
 * lock orders its waiters, but when the row's version changes they race for the new one.)
 *
 * The common case, a row that nobody else holds, costs two writes.
 */
import type { RowLockMode } from "../../protocol/database.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import { noteWrite } from "./concerns.ts";
import { keepSnapshot } from "./snapshots.ts";
import type { RowSlot, Server, ServerHost, Transaction } from "./state.ts";

/**
 * The modes by strength; FOR SHARE, 2, is never asked for by the server itself. Two conflict if they add up to 5 or
 * more: that is PostgreSQL's conflict table.
 */
export const KEY_SHARE = 1;
export const NO_KEY_UPDATE = 3;
export const UPDATE = 4;
const CONFLICT = 5;

/** Reasons to wait that ask for no lock: for the end of the row's writer, or until a snapshot can tell whether it sees it. */
export const WRITER_ENDS = 0;
export const DOUBT_ENDS = -1;

const LOCK_RECORD = 56;

const MODES: readonly RowLockMode[] = ["key share", "share", "no key update", "update"];

export function strengthOf(mode: RowLockMode): number {
  return MODES.indexOf(mode) + 1;
}

export function modeOf(strength: number): RowLockMode {
  const mode = MODES[strength - 1];
  if (mode === undefined) throw new ProtocolViolation(`${strength} is no lock mode`);
  return mode;
}

/** @returns whether the transaction holds the lock now; if not, it waits. */
export function acquireLock(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  slot: RowSlot,
  mode: number,
): boolean {
  if (slot.holder === 0) {
    slot.holder = tx.number;
    slot.holderMode = mode;
    tx.rows.push(slot);
    return true;
  }
  if (slot.holder === tx.number && (mode <= slot.holderMode || slot.sharers === null)) {
    if (mode > slot.holderMode) raiseMode(server, tx, slot, mode);
    return true;
  }
  return acquireShared(server, host, tx, slot, mode);
}

/** A lock of a row that is not written: FOR SHARE and the like, and the key-share lock of a foreign-key check. */
export function lockOnly(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  slot: RowSlot,
  mode: number,
): boolean {
  const held = tx.rows.length;
  if (!acquireLock(server, host, tx, slot, mode)) return false;
  noteWrite(tx, slot.table);
  if (tx.rows.length > held) server.wal.written += LOCK_RECORD;
  return true;
}

/** Joins the row's queue. The statement stops here; `resume` runs its last step again. */
export function waitFor(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  slot: RowSlot,
  waitMode: number,
): void {
  const { config } = server;
  server.lastWait += 1;
  tx.phase = "waiting";
  tx.waitsFor = slot;
  tx.waitMode = waitMode;
  tx.waitWriter = slot.writer;
  tx.waitId = server.lastWait;
  tx.waitSince = host.nowUs();
  keepSnapshot(server, tx);
  enqueue(server, tx, slot);
  host.scheduleWaitCheck(tx.session, tx.waitId, "deadlock", config.deadlockTimeoutUs);
  if (config.lockTimeoutUs > 0) {
    host.scheduleWaitCheck(tx.session, tx.waitId, "lock timeout", config.lockTimeoutUs);
  }
}

/** Takes the transaction out of the queue that it stands in. */
export function endWait(tx: Transaction): void {
  const slot = tx.waitsFor;
  if (slot === null || slot.queue === null) return;
  slot.queue.splice(slot.queue.indexOf(tx.number), 1);
  if (slot.queue.length === 0) slot.queue = null;
  tx.phase = "running";
  tx.waitsFor = null;
  tx.waitId = 0;
}

/** Gives up every lock of the transaction. */
export function releaseLocks(server: Server, tx: Transaction): void {
  const { rows } = tx;
  for (let index = 0; index < rows.length; index++) {
    const slot = rows[index]!;
    if (slot.sharers === null) slot.holder = 0;
    else releaseShared(tx, slot);
    if (slot.queue !== null) server.toWake.push(slot);
  }
}

/** Whether the waiter at this place of the queue still has to wait. */
export function isBlocked(server: Server, slot: RowSlot, place: number): boolean {
  const tx = server.transactions[slot.queue![place]!]!;
  const mode = tx.waitMode;
  if (mode <= WRITER_ENDS) return isBlockedByWriter(server, tx, slot);
  if (hasLost(tx, slot)) return isKeyShared(tx, slot, mode);
  if (conflictsWithHolders(tx, slot, mode)) return true;
  for (let ahead = 0; ahead < place; ahead++) {
    if (mode + server.transactions[slot.queue![ahead]!]!.waitMode >= CONFLICT) return true;
  }
  return false;
}

/** The numbers of all that must end before this waiter can go on, each once. */
export function blockersOf(server: Server, tx: Transaction): number[] {
  const blockers: number[] = [];
  const slot = tx.waitsFor;
  if (slot === null) return blockers;
  if (tx.waitMode <= WRITER_ENDS) return [slot.writer];
  const holder = slot.holder;
  if (holder !== tx.number && slot.holderMode + tx.waitMode >= CONFLICT) blockers.push(holder);
  if (slot.sharers !== null) {
    for (const sharer of slot.sharers) {
      if (sharer.holder !== tx.number && sharer.mode + tx.waitMode >= CONFLICT) blockers.push(sharer.holder);
    }
  }
  if (slot.queue === null) return blockers;
  for (const ahead of slot.queue) {
    if (ahead === tx.number) break;
    const conflicts = server.transactions[ahead]!.waitMode + tx.waitMode >= CONFLICT;
    if (conflicts && !blockers.includes(ahead)) blockers.push(ahead);
  }
  return blockers;
}

/** The strongest mode in which the transaction holds the row's lock; 0: none. */
export function heldMode(slot: RowSlot, holder: number): number {
  if (slot.holder === holder) return slot.holderMode;
  if (slot.sharers === null) return 0;
  for (const sharer of slot.sharers) {
    if (sharer.holder === holder) return sharer.mode;
  }
  return 0;
}

function acquireShared(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  slot: RowSlot,
  mode: number,
): boolean {
  const held = heldMode(slot, tx.number);
  if (held >= mode) return true;
  if (conflictsWithHolders(tx, slot, mode)) {
    waitFor(server, host, tx, slot, mode);
    return false;
  }
  if (held > 0) raiseMode(server, tx, slot, mode);
  else {
    slot.sharers ??= [];
    slot.sharers.push({ holder: tx.number, mode });
    tx.rows.push(slot);
  }
  return true;
}

/** Who has lost the row, and waits only for those that hold it FOR KEY SHARE, has less to wait for. */
function raiseMode(server: Server, tx: Transaction, slot: RowSlot, mode: number): void {
  if (slot.queue !== null) server.toWake.push(slot);
  if (slot.holder === tx.number) slot.holderMode = mode;
  for (const sharer of slot.sharers ?? []) {
    if (sharer.holder === tx.number) sharer.mode = mode;
  }
}

function releaseShared(tx: Transaction, slot: RowSlot): void {
  const sharers = slot.sharers!;
  if (slot.holder === tx.number) {
    const next = sharers.shift()!;
    slot.holder = next.holder;
    slot.holderMode = next.mode;
  } else {
    sharers.splice(
      sharers.findIndex((sharer) => sharer.holder === tx.number),
      1,
    );
  }
  if (sharers.length === 0) slot.sharers = null;
}

function conflictsWithHolders(tx: Transaction, slot: RowSlot, mode: number): boolean {
  if (slot.holder !== 0 && slot.holder !== tx.number && slot.holderMode + mode >= CONFLICT) return true;
  if (slot.sharers === null) return false;
  for (const sharer of slot.sharers) {
    if (sharer.holder !== tx.number && sharer.mode + mode >= CONFLICT) return true;
  }
  return false;
}

function isBlockedByWriter(server: Server, tx: Transaction, slot: RowSlot): boolean {
  // Another writer of the row since then is another matter, if at all.
  if (slot.writer === 0 || slot.writer !== tx.waitWriter) return false;
  return tx.waitMode === WRITER_ENDS || server.transactions[slot.writer]!.inDoubtFrom <= tx.snapshot;
}

/** Whether a row that REPEATABLE READ waits for has changed behind its snapshot; for FOR KEY SHARE that may not matter. */
function hasLost(tx: Transaction, slot: RowSlot): boolean {
  return tx.repeatable && tx.waitMode > KEY_SHARE && slot.current !== null && slot.current.at > tx.snapshot;
}

/** Who held the row FOR KEY SHARE beside the writer that has changed it is waited for all the same (one multixact; 15). */
function isKeyShared(tx: Transaction, slot: RowSlot, mode: number): boolean {
  if (mode < UPDATE) return false;
  if (slot.holder !== 0 && slot.holder !== tx.number && slot.holderMode === KEY_SHARE) return true;
  if (slot.sharers === null) return false;
  return slot.sharers.some((sharer) => sharer.holder !== tx.number && sharer.mode === KEY_SHARE);
}

function enqueue(server: Server, tx: Transaction, slot: RowSlot): void {
  slot.queue ??= [];
  const { queue } = slot;
  let place = queue.length;
  while (place > 0 && goesBefore(tx, slot, server.transactions[queue[place - 1]!]!)) place -= 1;
  queue.splice(place, 0, tx.number);
}

/**
 * Who waits only for a writer goes before those who want the lock; who holds a lock of the row, before those who do not.
 * Who waits for a doubt to end takes turns, because a write will want the lock next: else whoever came last would win.
 */
function goesBefore(tx: Transaction, slot: RowSlot, waiter: Transaction): boolean {
  if (waiter.waitMode <= WRITER_ENDS || tx.waitMode === DOUBT_ENDS) return false;
  if (tx.waitMode <= WRITER_ENDS) return true;
  return heldMode(slot, tx.number) > 0 && heldMode(slot, waiter.number) === 0;
}
