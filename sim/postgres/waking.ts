/** What goes on when somebody else's end, or the passing of time, ends a wait. */
import type { SessionId } from "../../protocol/database.ts";
import { continueApply } from "./applying.ts";
import { isDeadlocked } from "./deadlock.ts";
import { DEADLOCK, LOCK_TIMEOUT } from "./errors.ts";
import { endWait, isBlocked } from "./locks.ts";
import type { RowSlot, Server, ServerHost, Transaction, WaitCheck } from "./state.ts";
import { continueStatement } from "./statements.ts";
import { failTransaction } from "./transactions.ts";

/** Lets everyone go on who has nothing to wait for any more: every public function of the server ends with this. */
export function wakeWaiters(server: Server, host: ServerHost): void {
  const { toWake } = server;
  if (toWake.length === 0) return;
  for (let index = 0; index < toWake.length; index++) wakeRow(server, host, toWake[index]!);
  toWake.length = 0;
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

function resume(server: Server, host: ServerHost, tx: Transaction): void {
  if (tx.change !== null) continueApply(server, host, tx);
  else continueStatement(server, host, tx);
}
