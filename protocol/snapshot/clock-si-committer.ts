/**
 * `clock-si-committer`: Clock-SI on stock servers (theory 1.6, 5.1, 7.4 A). The committer waits; readers never do.
 *
 * A stock server's visibility cannot be redefined, so each node lets commits become visible one after another, in
 * the order of (CSN, gid), and only when nothing smaller can follow:
 *  (a) the clock has reached the CSN, so that what this node stamps later is greater. `skew: "absorb"` sets the
 *      clock forward instead of waiting;
 *  (b) every transaction that has a stamp of this node below the CSN is decided: its CSN may still turn out
 *      smaller.
 * One COMMIT PREPARED at a time: issuing several in order is not enough, because they may finish in another order
 * (theory 7.2), and only finished means visible.
 *
 * Invariant: what is visible on a node is at any moment a prefix of the cluster's commits in order of CSN; so every
 * server snapshot is a consistent one, and the isolation across nodes is generalised SI.
 *
 * Cost: one flush a commit, in sequence, and head-of-line blocking behind a transaction in doubt.
 */

import type { Context } from "../context.ts";
import { type Csn, commitsBefore } from "../csn.ts";
import { type Gid, showGid } from "../gid.ts";
import { getKeyed } from "../keyed.ts";
import type { NodeState, Transaction } from "../state.ts";
import { ProtocolViolation } from "../violation.ts";
import { awaitClock } from "./clock.ts";
import { commitNow, type TransactionManager } from "./transaction-manager.ts";

export const clockSiCommitter: TransactionManager = {
  name: "clock-si-committer",
  snapshot: () => 0,
  isOpen,
  admit,
  advance,
  committed,
};

function isOpen(node: NodeState, tx: Transaction, csn: Csn): boolean {
  const { queue } = node;
  if (queue.inFlight !== 0 || queue.waiting.length > 0) return false;
  return clockAllows(node, csn) && undecidedBefore(node, csn, tx.gid) === 0;
}

function admit(node: NodeState, tx: Transaction, context: Context): void {
  const { waiting } = node.queue;
  let place = waiting.length;
  while (place > 0) {
    const other = transactionOf(node, waiting[place - 1] as Gid);
    if (commitsBefore(other.csn, other.gid, tx.csn, tx.gid)) break;
    place -= 1;
  }
  waiting.splice(place, 0, tx.gid);
  advance(node, context);
}

function advance(node: NodeState, context: Context): void {
  const { queue } = node;
  if (queue.inFlight !== 0) return;
  const first = queue.waiting[0];
  if (first === undefined) return;
  const tx = transactionOf(node, first);
  if (!clockAllows(node, tx.csn)) return awaitClock(node, "commit queue", tx.csn, context);
  if (undecidedBefore(node, tx.csn, tx.gid) !== 0) return;
  queue.waiting.shift();
  queue.inFlight = tx.gid;
  commitNow(node, tx, context);
}

function committed(node: NodeState, tx: Transaction, context: Context): void {
  if (node.queue.inFlight !== tx.gid) {
    throw new ProtocolViolation(`${showGid(tx.gid)} was committed out of its turn`);
  }
  node.queue.inFlight = 0;
  advance(node, context);
}

/**
 * The transaction that holds back a commit with this CSN by rule (b), or 0. The deadlock rule counts it as a holder
 * (theory 5.5).
 */
export function undecidedBefore(node: NodeState, csn: Csn, gid: Gid): Gid {
  for (const other of node.undecided) {
    if (other === gid) continue;
    const { stamp } = transactionOf(node, other);
    return commitsBefore(stamp, other, csn, gid) ? other : 0;
  }
  return 0;
}

/** Rule (a). */
function clockAllows(node: NodeState, csn: Csn): boolean {
  return node.config.skew === "absorb" || Math.max(node.now, node.clock.floor) >= csn;
}

function transactionOf(node: NodeState, gid: Gid): Transaction {
  const tx = getKeyed(node.transactions, gid);
  if (tx === undefined) throw new ProtocolViolation(`${showGid(gid)} is queued but unknown`);
  return tx;
}
