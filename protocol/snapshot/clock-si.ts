/**
 * `clock-si`: Du, Elnikety, Zwaenepoel, "Clock-SI", SRDS 2013, algorithms 1 and 2 (theory 1.2), on full copies.
 *
 * A snapshot is a reading of the origin's clock. A commit is handed to the server as soon as it is decided, and is
 * visible to snapshots at or above its CSN. The reader waits: here until the clock has reached its snapshot (W1),
 * in the server while a row's writer is in doubt with a stamp at or below the snapshot (W2, W3). That second wait,
 * and visibility by CSN, need a server that stock PostgreSQL is not.
 *
 * Where generations change, a snapshot is no later than what this node cannot have missed: a majority may go on without
 * it before it notices.
 *
 * Invariant: no version with a CSN at or below s appears at a node after it has answered a read at s (C4). It
 * holds because later stamps are greater than s, and what was stamped before s is waited for.
 */

import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import type { NodeState, Session } from "../state.ts";
import { awaitClock, keepAbove, missedNothingBelow, nextSnapshot } from "./clock.ts";
import { commitNow, type TransactionManager } from "./transaction-manager.ts";

export const clockSi: TransactionManager = {
  name: "clock-si",
  snapshot,
  isOpen: () => true,
  admit: commitNow,
  advance: () => {},
  committed: () => {},
};

function snapshot(node: NodeState, session: Session, context: Context): Csn | null {
  // REPEATABLE READ keeps the snapshot of its first statement.
  if (session.isolation === "repeatable read" && session.snapshot !== 0) return session.snapshot;
  const shown = nextSnapshot(node, context);
  const known = missedNothingBelow(node);
  const recent = Math.min(shown - node.config.snapshotAgeUs, known);
  const wanted = atLeastOne(Math.max(recent, session.lastCsn));
  // Its own last commit is not yet known to be without a later one elsewhere: the peers' next heartbeats will tell.
  if (wanted > known) return null;
  if (wanted > shown && node.config.skew === "wait") {
    awaitClock(node, "snapshot", wanted, context);
    return null;
  }
  if (wanted > shown) {
    node.clock.snapshot = wanted;
    keepAbove(node, wanted, context);
  }
  session.snapshot = wanted;
  return wanted;
}

/** 0 would mean the server's own snapshot. */
function atLeastOne(csn: Csn): Csn {
  return csn > 0 ? csn : 1;
}
