/**
 * Versions of rows: writing one, making it visible or taking it back, and dropping those that nobody can see.
 *
 * A real server leaves old versions in the heap until VACUUM finds that no snapshot needs them. Here that is found
 * out as work goes on, a few rows with each commit; also versions between two snapshots are dropped, so that a row
 * never has many more versions than there are snapshots.
 */
import { OWN_WRITE, type Row } from "../../protocol/database.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import { noteWrite } from "./concerns.ts";
import { heldMode, UPDATE } from "./locks.ts";
import { NEVER, type RowSlot, type Server, type Transaction, type Version } from "./state.ts";
import { removeSlot } from "./tables.ts";
import { removeFromUniques } from "./uniques.ts";

/** Bits of `Version.change`: what was done between the version before it, as long as that is kept, and this one. */
export const DELETED_FIRST = 1;
/** The row was deleted; the key may have a new row since. */
export const DELETED = 2;
/**
 * Its key is not sure to be the same: the writer held the lock FOR UPDATE, as for a deletion, for a change of a unique
 * column, or because it had asked for that lock before (HEAP_KEYS_UPDATED; 15, 18).
 */
export const KEY_CHANGED = 4;

/** Bytes of WAL, as PostgreSQL 15 and 18 wrote them for a row of two integers. */
const UPDATE_RECORD = 80;
const DELETE_RECORD = 64;
const INSERT_RECORD = 128;

/** What a snapshot does not see yet of this row; null for a deletion. The transaction holds the row's lock. */
export function writeVersion(server: Server, tx: Transaction, slot: RowSlot, row: Row | null): void {
  const before = newestVersion(slot);
  const oldRow = before === null ? null : before.row;
  tx.oldRow = oldRow;
  noteWrite(tx, slot.table);
  if (row === null) server.wal.written += DELETE_RECORD;
  else server.wal.written += oldRow === null ? INSERT_RECORD : UPDATE_RECORD;
  if (slot.writer === tx.number) rewrite(slot, slot.pending!, row);
  else createPending(tx, slot, row);
  if (heldMode(slot, tx.number) === UPDATE) slot.pending!.change |= KEY_CHANGED;
}

/** The row as its lock holder finds it: its own version, or the newest finished one. */
export function newestVersion(slot: RowSlot): Version | null {
  return slot.writer === 0 ? slot.current : slot.pending;
}

/** The pending version becomes visible to snapshots from `at` on; `server.latest` has reached it. */
export function installVersion(server: Server, slot: RowSlot, at: number): void {
  const next = slot.pending!;
  const last = slot.current;
  next.at = at;
  slot.current = next;
  slot.pending = null;
  slot.writer = 0;
  if (slot.rewritten !== null) forgetRewritten(slot, next.row);
  if (last !== null) supersede(server, slot, last, next);
  if (next.row === null) scheduleVacuum(server, slot);
}

/** The writer's transaction rolled back. */
export function discardVersion(server: Server, slot: RowSlot): void {
  const kept = slot.current === null ? null : slot.current.row;
  if (slot.table.uniques.length > 0) removeFromUniques(slot, slot.pending!.row, kept);
  if (slot.rewritten !== null) forgetRewritten(slot, kept);
  slot.pending = null;
  slot.writer = 0;
  if (kept === null) scheduleVacuum(server, slot);
}

/** Looks at a few rows for what can be dropped. */
export function vacuum(server: Server, rows: number): void {
  const dusty = server.vacuum;
  for (let looked = 0; looked < rows && dusty.length > 0; looked++) {
    const slot = dusty[0]!;
    // Those behind it came here later, and are most likely still needed too.
    if (slot.older.length > 0 && isNeeded(server, slot.older[0]!, endOf(slot, 0))) return;
    dusty.shift();
    slot.isDusty = false;
    prune(server, slot);
    if (isUnused(slot)) removeSlot(slot);
    else if (slot.older.length > 0 || isDead(slot)) scheduleVacuum(server, slot);
  }
}

/** The first version after this one, which is not the newest. */
export function successorOf(slot: RowSlot, version: Version): Version {
  const { older } = slot;
  for (let index = older.length - 1; index >= 0; index--) {
    if (older[index] === version) return older[index + 1] ?? slot.current!;
  }
  throw new ProtocolViolation(`no such version of ${slot.table.name} ${slot.key}`);
}

/** All that happened to the row after this version, up to the newest finished one. */
export function changesSince(slot: RowSlot, version: Version): number {
  let changes = slot.current!.change;
  const { older } = slot;
  for (let index = older.length - 1; index >= 0 && older[index] !== version; index--) {
    changes |= older[index]!.change;
  }
  return changes;
}

function createPending(tx: Transaction, slot: RowSlot, row: Row | null): void {
  const change = row === null ? DELETED_FIRST | DELETED : 0;
  slot.pending = { row, gid: tx.gid === 0 ? OWN_WRITE : tx.gid, at: NEVER, change };
  slot.writer = tx.number;
}

function rewrite(slot: RowSlot, pending: Version, row: Row | null): void {
  if (slot.table.uniques.length > 0 && pending.row !== null) {
    slot.rewritten ??= [];
    slot.rewritten.push(pending.row);
  }
  pending.row = row;
  if (row === null) pending.change |= DELETED;
}

function forgetRewritten(slot: RowSlot, kept: Row | null): void {
  for (const row of slot.rewritten!) removeFromUniques(slot, row, kept);
  slot.rewritten = null;
}

function supersede(server: Server, slot: RowSlot, last: Version, next: Version): void {
  if (slot.table.uniques.length > 0) removeFromUniques(slot, last.row, next.row);
  const { older } = slot;
  if (!isNeeded(server, last, next.at)) {
    drop(server, last, next);
    return;
  }
  older.push(last);
  // Looked through each time that its length has doubled: it stays short, at little cost.
  if (older.length >= 8 && (older.length & (older.length - 1)) === 0) prune(server, slot);
  scheduleVacuum(server, slot);
}

/** Drops the superseded versions that no snapshot can see. */
function prune(server: Server, slot: RowSlot): void {
  const { older } = slot;
  let kept = 0;
  for (let index = 0; index < older.length; index++) {
    const version = older[index]!;
    const next = older[index + 1] ?? slot.current!;
    if (isNeeded(server, version, next.at)) {
      older[kept] = version;
      kept += 1;
    } else drop(server, version, next);
  }
  older.length = kept;
}

/** What happened on the way to the dropped version has happened on the way to the next. */
function drop(server: Server, version: Version, next: Version): void {
  next.change = (version.change & DELETED_FIRST) | ((version.change | next.change) & (DELETED | KEY_CHANGED));
  if (next.at > server.oldestReadable) server.oldestReadable = next.at;
}

/** Whether a snapshot that is open, or may yet come, sees this version and not its successor. */
function isNeeded(server: Server, version: Version, endedAt: number): boolean {
  if (endedAt > server.latest - server.retention) return true;
  const open = server.openSnapshots;
  for (let index = open.length - 1; index >= 0; index--) {
    const snapshot = open[index]!;
    if (snapshot < version.at) return false;
    if (snapshot < endedAt) return true;
  }
  return false;
}

function endOf(slot: RowSlot, index: number): number {
  return (slot.older[index + 1] ?? slot.current!).at;
}

function scheduleVacuum(server: Server, slot: RowSlot): void {
  if (slot.isDusty) return;
  slot.isDusty = true;
  server.vacuum.push(slot);
}

/** Whether nothing but a deletion is left of it. */
function isDead(slot: RowSlot): boolean {
  return slot.older.length === 0 && (slot.current === null || slot.current.row === null);
}

function isUnused(slot: RowSlot): boolean {
  return isDead(slot) && slot.holder === 0 && slot.queue === null;
}
