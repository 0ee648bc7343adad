/**
 * Who waits for whom. The local deadlock detector (documentation, "Deadlocks"; README of src/backend/storage/lmgr)
 * looks once, deadlock_timeout after a wait began, and ends the wait in which it was started if that is part of a
 * cycle. A prepared transaction never waits, so no cycle runs through one.
 *
 * A real detector may also free itself by changing the order of a queue; here an order in a queue is as hard as a lock.
 */
import type { WaitEdge } from "../../protocol/database.ts";
import { blockersOf } from "./locks.ts";
import type { Server, Transaction } from "./state.ts";
import { tableBlockers } from "./table-locks.ts";

/** In order of the waiters' sessions' begins. */
export function waitEdges(server: Server, nowUs: number, longerThanUs: number): WaitEdge[] {
  const edges: WaitEdge[] = [];
  for (const tx of server.sessions.values()) {
    if (tx.phase !== "waiting" || nowUs - tx.waitSince < longerThanUs) continue;
    for (const blocker of blockersFor(server, tx)) {
      edges.push({ waiter: tx.locker, holder: server.transactions[blocker]!.locker });
    }
  }
  return edges;
}

/** The numbers of all that must end before the transaction can go on, each once. */
function blockersFor(server: Server, tx: Transaction): number[] {
  return tx.waitsForTable === null ? blockersOf(server, tx) : tableBlockers(server, tx, tx.waitsForTable);
}

/** Whether the transaction waits, through others, for itself. */
export function isDeadlocked(server: Server, tx: Transaction): boolean {
  const seen = new Set<number>();
  const open = blockersFor(server, tx);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === tx.number) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...blockersFor(server, server.transactions[next]!));
  }
  return false;
}
