/** What goes on when somebody else's end, or the passing of time, ends a wait. */
import type { SessionId } from "../../protocol/database.ts";
import { continueApply } from "./applying.ts";
import { isDeadlocked } from "./deadlock.ts";
import { DEADLOCK, LOCK_TIMEOUT } from "./errors.ts";
import { endWait, isBlocked } from "./locks.ts";
import type { Relation, RowSlot, Server, ServerHost, Transaction, WaitCheck } from "./state.ts";
import { continueStatement, takeSnapshotAgain } from "./statements.ts";
import { grantTable, isTableBlocked } from "./table-locks.ts";
import { failTransaction } from "./transactions.ts";

/** Lets everyone go on who has nothing to wait for any more: every public function of the server ends with this. */
export function wakeWaiters(server: Server, host: ServerHost): void {
  const { toWake, relationsToWake } = server;
  if (toWake.length === 0 && relationsToWake.length === 0) return;
  // What one of them does may end more waits, of either kind.
  let row = 0;
  let relation = 0;
  while (row < toWake.length || relation < relationsToWake.length) {
    if (row < toWake.length) wakeRow(server, host, toWake[row++]!);
    else wakeRelation(server, host, relationsToWake[relation++]!);
  }
  toWake.length = 0;
  relationsToWake.length = 0;
}

/** deadlock_timeout or lock_timeout has passed since a wait began. */
export function checkWait(
  server: Server,
  host: ServerHost,
  session: SessionId,
  waitId: number,
  kind: WaitCheck,
): void {
  const tx = server.sessions.get(session);
  // The wait has ended in the meantime.
  if (tx === undefined || tx.waitId !== waitId) return;
  if (kind === "lock timeout") failTransaction(server, host, tx, LOCK_TIMEOUT);
  else if (isDeadlocked(server, tx)) failTransaction(server, host, tx, DEADLOCK);
}

/** First come, first served. What one of them does may block those behind it; what it frees is woken in its turn. */
function wakeRow(server: Server, host: ServerHost, slot: RowSlot): void {
  let place = 0;
  while (slot.queue !== null && place < slot.queue.length) {
    if (isBlocked(server, slot, place)) {
      place += 1;
      continue;
    }
    const tx = server.transactions[slot.queue[place]!]!;
    endWait(tx);
    resume(server, host, tx);
  }
}

function wakeRelation(server: Server, host: ServerHost, relation: Relation): void {
  let place = 0;
  while (place < relation.queue.length) {
    if (isTableBlocked(server, relation, place)) {
      place += 1;
      continue;
    }
    const tx = server.transactions[relation.queue[place]!]!;
    grantTable(tx);
    takeSnapshotAgain(server, tx);
    resume(server, host, tx);
  }
}

function resume(server: Server, host: ServerHost, tx: Transaction): void {
  if (tx.change !== null) continueApply(server, host, tx);
  else continueStatement(server, host, tx);
}
