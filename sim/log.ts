/**
 * A node's log: the records that `persist` wrote, durable from the next fsync on.
 *
 * What is written and not yet synced is a list of changes; an fsync moves them, in order, into the durable records; a
 * crash drops those behind the part that the disk kept.
 */
import { coordinatorOf, type Gid } from "../protocol/gid.ts";
import type { NodeId } from "../protocol/members.ts";
import type { DurableRecord, TransactionRecord } from "../protocol/records.ts";
import { crashFile, createFile, type DiskFile } from "./disk.ts";

export interface Log {
  readonly file: DiskFile;
  /** Written, not durable; the last one is at `file.written`. */
  readonly pending: LogChange[];
  clock: DurableRecord | null;
  sequence: DurableRecord | null;
  membership: DurableRecord | null;
  readonly finished: Map<NodeId, DurableRecord>;
  readonly slots: Map<NodeId, DurableRecord>;
  readonly transactions: Map<Gid, TransactionRecord>;
}

export type LogChange = DurableRecord | Forgetting;

interface Forgetting {
  readonly kind: "forgetting";
  readonly coordinator: NodeId;
  readonly below: Gid;
}

export function createLog(): Log {
  return {
    file: createFile(),
    pending: [],
    clock: null,
    sequence: null,
    membership: null,
    finished: new Map(),
    slots: new Map(),
    transactions: new Map(),
  };
}

/** Position of the change; it is durable once `file.synced` has reached it. */
export function writeLog(log: Log, change: LogChange): number {
  log.pending.push(change);
  log.file.written += 1;
  return log.file.written;
}

/** Makes durable what `file.synced` covers. `each` is told of every record. */
export function settleLog(log: Log, each: ((record: DurableRecord) => void) | null): void {
  let durable = log.pending.length - (log.file.written - log.file.synced);
  for (let index = 0; index < durable; index++) {
    const change = log.pending[index] as LogChange;
    apply(log, change);
    if (each !== null && change.kind !== "forgetting") each(change);
  }
  while (durable-- > 0) log.pending.shift();
}

export function crashLog(log: Log, keep: number, each: ((record: DurableRecord) => void) | null): void {
  const { written } = log.file;
  crashFile(log.file, keep);
  log.pending.length -= written - log.file.written;
  settleLog(log, each);
}

/** What a restarted node is told, in an order that depends on nothing but the records. */
export function recordsOf(log: Log): DurableRecord[] {
  const records: DurableRecord[] = [];
  if (log.clock !== null) records.push(log.clock);
  if (log.sequence !== null) records.push(log.sequence);
  if (log.membership !== null) records.push(log.membership);
  records.push(...[...log.finished].sort(byKey).map(([, record]) => record));
  records.push(...[...log.slots].sort(byKey).map(([, record]) => record));
  records.push(...[...log.transactions].sort(byKey).map(([, record]) => record));
  return records;
}

function apply(log: Log, change: LogChange): void {
  switch (change.kind) {
    case "clock":
      log.clock = change;
      return;
    case "sequence":
      log.sequence = change;
      return;
    case "membership":
      log.membership = change;
      return;
    case "finished":
      log.finished.set(change.coordinator, change);
      return;
    case "slot":
      log.slots.set(change.peer, change);
      return;
    case "forgetting":
      for (const gid of log.transactions.keys()) {
        if (gid < change.below && coordinatorOf(gid) === change.coordinator) log.transactions.delete(gid);
      }
      return;
    default:
      log.transactions.set(change.gid, change);
  }
}

function byKey([one]: readonly [number, unknown], [other]: readonly [number, unknown]): number {
  return one - other;
}
