/**
 * Distributed deadlocks: wound-wait (Rosenkrantz, Stearns, Lewis, TODS 1978; theory 5.4, 5.5).
 *
 * Two transactions of different origins that write one row always deadlock, since each holds the row at home; and
 * no server sees it, because a prepared transaction never waits. So a node that has unanswered work looks at its
 * own waits now and then, and where an older transaction waits for a younger one it asks the younger one's
 * coordinator to abort it. Age is the time of begin, kept over retries, with the coordinator's number against ties:
 * the oldest is never asked, so exactly one of a crossing pair survives, and nobody starves.
 *
 * A transaction that is decided but held back in the commit queue cannot be aborted. A wait for it is counted as a
 * wait for the undecided one that it queues behind (theory 5.5 a): no cycle of lock and queue waits is missed.
 */
import { isStillBusy } from "./busy.ts";
import type { Context } from "./context.ts";
import type { Csn } from "./csn.ts";
import type { Locker, WaitEdge } from "./database.ts";
import { coordinatorOf, type Gid, showGid } from "./gid.ts";
import { getKeyed } from "./keyed.ts";
import { type NodeId, setOf } from "./members.ts";
import type { AbortReason } from "./messages.ts";
import { wound } from "./sessions.ts";
import { undecidedBefore } from "./snapshot/clock-si-committer.ts";
import type { NodeState, Transaction } from "./state.ts";
import { reasonOf, send } from "./transactions.ts";

export function takeDeadlockTimer(node: NodeState, context: Context): void {
  if (!isStillBusy(node, context)) return;
  context.emit({ type: "database", command: { type: "waits", longerThanUs: node.config.deadlockUs >> 1 } });
}

export function takeWaits(node: NodeState, edges: readonly WaitEdge[], context: Context): void {
  for (const edge of edges) {
    const waiter = lockerOf(node, edge.waiter);
    const holder = lockerOf(node, edge.holder);
    if (waiter === null || holder === null) continue;
    const blocker = behindQueue(node, holder);
    if (blocker !== null && isOlder(waiter, blocker)) woundLocker(node, blocker, waiter, context);
  }
}

/** At the coordinator: an older transaction waits for this one somewhere. */
export function takeWound(node: NodeState, from: NodeId, gid: Gid, by: Gid, context: Context): void {
  const tx = getKeyed(node.transactions, gid);
  // Finished, or decided while the message was on its way: there is nothing to wait for any more.
  if (tx === undefined || tx.outcome !== "undecided") return;
  const older = by === 0 ? "one that has no gid yet" : showGid(by);
  context.commit.abort(node, tx, woundedFor(node, older, by === 0 ? from : coordinatorOf(by)), context);
}

/** `origin`: where the older one's client is. */
function woundedFor(node: NodeState, older: string, origin: NodeId): AbortReason {
  const detail = `an older transaction, ${older}, waits for it`;
  return reasonOf(node, "wounded", detail, setOf(origin) & ~setOf(node.config.node));
}

/** One side of a wait: a transaction with a gid, or a client's that has none yet. */
interface Party {
  readonly tx: Transaction | null;
  readonly session: number;
  readonly age: Csn;
  readonly origin: NodeId;
}

function lockerOf(node: NodeState, locker: Locker): Party | null {
  if (locker < 0) {
    const tx = getKeyed(node.transactions, -locker);
    return tx === undefined ? null : { tx, session: 0, age: tx.age, origin: coordinatorOf(tx.gid) };
  }
  const session = getKeyed(node.sessions, locker);
  if (session === undefined) return null;
  return { tx: null, session: locker, age: session.age, origin: node.config.node };
}

/** Whom a wait for this party is really for; null if it will end by itself. */
function behindQueue(node: NodeState, holder: Party): Party | null {
  if (holder.tx === null || holder.tx.outcome === "undecided") return holder;
  if (holder.tx.local !== "held") return null;
  const blocker = undecidedBefore(node, holder.tx.csn, holder.tx.gid);
  return blocker === 0 ? null : lockerOf(node, -blocker);
}

function isOlder(one: Party, other: Party): boolean {
  return one.age < other.age || (one.age === other.age && one.origin < other.origin);
}

function woundLocker(node: NodeState, victim: Party, by: Party, context: Context): void {
  const byGid = by.tx?.gid ?? 0;
  if (victim.tx === null) {
    const session = getKeyed(node.sessions, victim.session);
    const waiter = by.tx === null ? `session ${by.session}` : showGid(by.tx.gid);
    if (session === undefined) return;
    return wound(node, session, woundedFor(node, waiter, by.origin), context);
  }
  context.emit({ type: "note", note: { about: "wounded", gid: victim.tx.gid, by: byGid } });
  const { coordinator, gid } = victim.tx;
  if (coordinator === node.config.node) return takeWound(node, node.config.node, gid, byGid, context);
  send(context, coordinator, { type: "wound", gid, by: byGid });
}
