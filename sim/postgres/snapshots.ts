/**
 * Snapshots: which versions a statement sees, and which snapshots are in use.
 *
 * A stock snapshot is the number of commits that had left the ProcArray (GetSnapshotData in procarray.c): what is
 * visible follows the order in which commits finish, not that of their WAL records (theory 7.2). With csnVisibility
 * it is a CSN.
 */
import type { Csn } from "../../protocol/csn.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import type { RowSlot, Server, Transaction, Version } from "./state.ts";

/**
 * The snapshot of a new statement: its own, or with REPEATABLE READ that of the transaction's first.
 * @returns false if the versions that it needs may be gone (only with csnVisibility)
 */
export function takeSnapshot(server: Server, tx: Transaction, csn: Csn): boolean {
  if (csn > 0 !== server.config.csnVisibility) {
    throw new ProtocolViolation(`node ${server.config.node}: snapshot ${csn} is not of the server's kind`);
  }
  if (tx.repeatable && tx.snapshot >= 0) return true;
  if (csn > 0) {
    if (csn < server.oldestReadable) return false;
    if (csn > server.largestSnapshot) server.largestSnapshot = csn;
    tx.snapshot = csn;
    tx.snapshotLabel = { csn, count: 0 };
  } else {
    tx.snapshot = server.latest;
    tx.snapshotLabel = server.label;
  }
  if (tx.repeatable) keepSnapshot(server, tx);
  return true;
}

/** What the transaction's snapshot sees must not be dropped: until releaseSnapshot. */
export function keepSnapshot(server: Server, tx: Transaction): void {
  if (tx.snapshot < 0 || tx.snapshotIsOpen) return;
  tx.snapshotIsOpen = true;
  openSnapshot(server, tx.snapshot);
}

export function releaseSnapshot(server: Server, tx: Transaction): void {
  if (tx.snapshotIsOpen) closeSnapshot(server, tx.snapshot);
  tx.snapshotIsOpen = false;
}

/** A second snapshot, of all that is committed now, for a foreign-key check that must not miss a new row. */
export function openCheckSnapshot(server: Server, tx: Transaction): void {
  if (tx.checkSnapshot >= 0) return;
  tx.checkSnapshot = server.latest;
  openSnapshot(server, tx.checkSnapshot);
}

export function releaseCheckSnapshot(server: Server, tx: Transaction): void {
  if (tx.checkSnapshot >= 0) closeSnapshot(server, tx.checkSnapshot);
  tx.checkSnapshot = -1;
}

/**
 * A stock READ COMMITTED server reads anew for the foreign-key checks behind a statement, whose own snapshot may be
 * old by then. A CSN is the caller's, and stays.
 */
export function renewSnapshot(server: Server, tx: Transaction): void {
  if (tx.repeatable || server.config.csnVisibility) return;
  releaseSnapshot(server, tx);
  tx.snapshot = server.latest;
}

function openSnapshot(server: Server, at: number): void {
  const open = server.openSnapshots;
  let place = open.length;
  open.push(at);
  while (place > 0 && open[place - 1]! > at) {
    open[place] = open[place - 1]!;
    place -= 1;
  }
  open[place] = at;
}

/** The row as this snapshot sees it, or as the transaction itself has written it; null if there is none. */
export function visibleVersion(tx: Transaction, slot: RowSlot, snapshot: number): Version | null {
  if (slot.writer === tx.number) return slot.pending!.row === null ? null : slot.pending;
  let version = slot.current;
  if (version === null) return null;
  if (version.at > snapshot) version = olderVersion(slot, snapshot);
  return version !== null && version.row !== null ? version : null;
}

/** The newest of the superseded versions that this snapshot sees. */
export function olderVersion(slot: RowSlot, snapshot: number): Version | null {
  const { older } = slot;
  for (let index = older.length - 1; index >= 0; index--) {
    if (older[index]!.at <= snapshot) return older[index]!;
  }
  return null;
}

/**
 * Clock-SI's rule W3: whether the row has a writer of whom this snapshot cannot yet tell. Never so on a stock
 * server, where `inDoubtFrom` is NEVER.
 */
export function isInDoubt(server: Server, tx: Transaction, slot: RowSlot, snapshot: number): boolean {
  if (slot.writer === 0 || slot.writer === tx.number) return false;
  return server.transactions[slot.writer]!.inDoubtFrom <= snapshot;
}

function closeSnapshot(server: Server, at: number): void {
  const open = server.openSnapshots;
  let place = open.lastIndexOf(at);
  if (place < 0) throw new ProtocolViolation(`snapshot ${at} is not open`);
  for (; place < open.length - 1; place++) open[place] = open[place + 1]!;
  open.pop();
}
