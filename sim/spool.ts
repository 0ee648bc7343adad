/**
 * What a reader of replication streams keeps of transactions that still run: their pieces, until the last one comes with
 * the PREPARE. They are kept in files, not applied: a stock subscriber with streaming = on does so too, and an apply that
 * took locks before its transaction has an age and a gid could not give way in a deadlock.
 *
 * The spool belongs to the connection, and goes with it.
 */
import type { Change, StreamChange, StreamPart } from "../protocol/database.ts";
import type { NodeId } from "../protocol/members.ts";
import { assemble } from "./postgres/pieces.ts";

/** By node from which it was read, and by that node's xid. */
export type Spool = Map<NodeId, Map<number, Change[]>>;

/** @returns what is complete with this part, or null */
export function takePart(spool: Spool, from: NodeId, part: StreamPart): StreamChange | null {
  switch (part.kind) {
    case "piece": {
      const kept = spool.get(from) ?? new Map<number, Change[]>();
      spool.set(from, kept);
      kept.set(part.xid, [...(kept.get(part.xid) ?? []), ...part.rows]);
      return null;
    }
    case "piece aborted":
      spool.get(from)?.delete(part.xid);
      return null;
    case "last piece": {
      const pieces = spool.get(from)?.get(part.xid) ?? [];
      spool.get(from)?.delete(part.xid);
      return assemble(pieces, part.change);
    }
    default:
      return part;
  }
}

/** The connection is gone. */
export function dropSpool(spool: Spool, from: NodeId): void {
  spool.delete(from);
}

/** How many transactions it holds pieces of. */
export function spooledTransactions(spool: Spool): number {
  let count = 0;
  for (const kept of spool.values()) count += kept.size;
  return count;
}
