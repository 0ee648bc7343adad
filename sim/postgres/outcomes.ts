/**
 * The table of outcomes: what became of each transaction that was committed here, until nobody can ask any more.
 *
 * A row is written with its COMMIT PREPARED (mmts 1.10), and deleted without haste: the DELETE is not flushed for
 * itself, and what it deleted is there again if a crash comes first. The mark that takes the rows' place is as durable
 * as their deletion.
 */
import { coordinatorOf, type Gid } from "../../protocol/gid.ts";
import type { NodeId } from "../../protocol/members.ts";
import type { Server } from "./state.ts";

const DELETE_RECORD = 64;

/** Every transaction of this coordinator below this gid. */
export function forgetOutcomes(server: Server, coordinator: NodeId, below: Gid): void {
  server.wal.written += DELETE_RECORD;
  server.forgetting.push({ lsn: server.wal.written, coordinator, below });
}

/** Carries out what has become durable; nobody reads the table before the next restart. */
export function forgetFlushed(server: Server): void {
  const { forgetting, outcomes, wal } = server;
  let flushed = 0;
  while (flushed < forgetting.length && forgetting[flushed]!.lsn <= wal.flushed) {
    const { coordinator, below } = forgetting[flushed]!;
    flushed += 1;
    if (below > (server.finishedBelow.get(coordinator) ?? 0)) server.finishedBelow.set(coordinator, below);
    for (const gid of outcomes.keys()) {
      if (gid < below && coordinatorOf(gid) === coordinator) outcomes.delete(gid);
    }
  }
  if (flushed > 0) forgetting.splice(0, flushed);
}
