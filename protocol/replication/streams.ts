/**
 * Normal mode: each peer's own transactions, read from that peer's PostgreSQL.
 *
 * A write set arrives when the origin's PREPARE is durable. It is applied in a session of its own, so that one that
 * waits for a lock holds up no other; it gets this node's stamp when all its locks are held; then it is prepared.
 * The connection delivers in order; after a break it begins again behind what was confirmed, so a write set may
 * come twice, and is recognised by its gid (a server's slot may even move backwards in a crash: postgres.md I).
 */

import { beginWork, endWork } from "../busy.ts";
import type { Context } from "../context.ts";
import { applySession, type PreparedChange, type SqlError } from "../database.ts";
import { type Gid, showGid } from "../gid.ts";
import { getKeyed, valuesOf } from "../keyed.ts";
import { contains, type NodeId, setOf } from "../members.ts";
import type { AbortReason } from "../messages.ts";
import { isDrifted, noteStamp } from "../snapshot/clock.ts";
import type { NodeState, Transaction } from "../state.ts";
import {
  createTransaction,
  finish,
  peerOf,
  prepareLocally,
  reasonOf,
  recall,
  removeFrom,
  settle,
  stampTransaction,
} from "../transactions.ts";
import { ProtocolViolation } from "../violation.ts";
import { dropQueue } from "./following.ts";

export function takeChange(node: NodeState, from: NodeId, change: PreparedChange, context: Context): void {
  const { label, lsn } = change;
  const { stream } = peerOf(node, from);
  stream.received = lsn;
  if (isEarly(node, label.generation)) {
    node.membership.early.push({ from, change });
    stream.unsettled.push(lsn);
    return;
  }
  // Nobody waits for the vote of a node that is no member; what commits comes to it from a donor.
  if (!contains(label.members, node.config.node)) return;
  // Finished here before the stream was opened again, or aborted before its write set came: nothing to do.
  if (recall(node, label.gid) !== null) return;
  const known = getKeyed(node.transactions, label.gid);
  // A second delivery of what is being worked on; the first one's position is settled in its time.
  if (known !== undefined && (known.local !== "absent" || known.lsn !== 0)) return;
  const tx = known ?? createTransaction(node, label.gid, label, context.commit.begin());
  tx.age = label.age;
  tx.coordinatorStamp = label.coordinatorStamp;
  tx.lsn = lsn;
  stream.unsettled.push(lsn);
  if (tx.generation === node.membership.current.number) noteStamp(node, from, tx.coordinatorStamp);
  const reason = reasonToRefuse(node, tx, from, context);
  if (reason !== null) return refuse(node, tx, reason, context);
  tx.local = "applying";
  beginWork(node, context);
  context.emit({ type: "database", command: { type: "apply", gid: label.gid, change } });
}

/** Every lock is held now. */
export function takeApplied(node: NodeState, gid: Gid, context: Context): void {
  const tx = getKeyed(node.transactions, gid);
  // Aborted while it was applied: its rollback follows.
  if (tx === undefined || tx.local !== "applying") return;
  endWork(node);
  stampTransaction(node, tx, context);
  prepareLocally(node, tx, applySession(gid), context);
}

/** The apply, or the PREPARE behind it, failed; PostgreSQL holds nothing of it any more. */
export function takeApplyFailed(node: NodeState, gid: Gid, error: SqlError, context: Context): void {
  const tx = getKeyed(node.transactions, gid);
  if (tx === undefined || (tx.local !== "applying" && tx.local !== "preparing")) return;
  if (tx.local === "applying" && !tx.recovered) endWork(node);
  const preparing = tx.local === "preparing";
  tx.local = "absent";
  if (tx.outcome === "abort") return finish(node, tx, context);
  const rule = preparing ? "prepare failed" : "apply failed";
  const detail = `${error.code} ${error.message}`;
  refuse(node, tx, reasonOf(node, rule, detail, setOf(tx.coordinator)), context);
}

/** ROLLBACK of an apply is done. */
export function takeApplyRolledBack(node: NodeState, gid: Gid, context: Context): void {
  const tx = getKeyed(node.transactions, gid);
  if (tx === undefined || tx.local !== "rolling back") {
    throw new ProtocolViolation(`${showGid(gid)} was rolled back unasked`);
  }
  tx.local = "absent";
  finish(node, tx, context);
}

export function reopenStream(node: NodeState, from: NodeId, context: Context): void {
  const { stream } = peerOf(node, from);
  if (stream.mode === "closed") return;
  stream.received = stream.confirmed;
  if (stream.mode === "all") dropQueue(node, context);
  dropEarly(node, from);
  context.emit({ type: "openStream", from, mode: stream.mode });
}

/** Online: reads what the clients of each other node of the cluster prepare. */
export function openOwnStreams(node: NodeState, context: Context): void {
  const { configured } = node.membership.current;
  for (let from = 1; from <= node.config.nodes; from++) {
    if (from === node.config.node || from === node.config.referee) continue;
    const { mode } = peerOf(node, from).stream;
    if (contains(configured, from) && mode === "closed") openOwnStream(node, from, context);
    if (!contains(configured, from) && mode === "own") closeOwnStream(node, from, context);
  }
}

export function openOwnStream(node: NodeState, from: NodeId, context: Context): void {
  const { stream } = peerOf(node, from);
  stream.mode = "own";
  stream.received = stream.confirmed;
  context.emit({ type: "openStream", from, mode: "own" });
}

export function closeOwnStreams(node: NodeState, context: Context): void {
  for (let from = 1; from <= node.config.nodes; from++) {
    if (from !== node.config.node && peerOf(node, from).stream.mode === "own") {
      closeOwnStream(node, from, context);
    }
  }
}

function closeOwnStream(node: NodeState, from: NodeId, context: Context): void {
  peerOf(node, from).stream.mode = "closed";
  dropEarly(node, from);
  context.emit({ type: "closeStream", from });
}

/** A newer generation is known: what is applied for an older one will not be prepared. */
export function fenceApplies(node: NodeState, context: Context): void {
  const { number } = node.membership.current;
  for (const { gid } of valuesOf(node.transactions)) {
    const tx = getKeyed(node.transactions, gid);
    if (tx === undefined || tx.local !== "applying" || tx.recovered || tx.generation >= number) continue;
    endWork(node);
    tx.local = "rolling back";
    context.emit({ type: "database", command: { type: "rollback", session: applySession(gid) } });
    refuse(node, tx, otherGeneration(node, tx), context);
  }
}

/** This node is online in a generation in which others already were. */
export function takeEarlyChanges(node: NodeState, context: Context): void {
  for (const { from, change } of node.membership.early.splice(0)) {
    removeFrom(peerOf(node, from).stream.unsettled, change.lsn);
    takeChange(node, from, change, context);
  }
}

/** Of a generation in which this node is not online yet, but may be in a moment. */
function isEarly(node: NodeState, generation: number): boolean {
  const { current, standing } = node.membership;
  return generation > current.number || (generation === current.number && standing !== "online");
}

/** They come again, if they are still of use, and until then the slot is not to wait for them. */
function dropEarly(node: NodeState, from: NodeId): void {
  const { early } = node.membership;
  const dropped = new Set(early.filter((entry) => entry.from === from).map(({ change }) => change.lsn));
  if (dropped.size === 0) return;
  const kept = early.filter((entry) => entry.from !== from);
  early.splice(0, early.length, ...kept);
  const { unsettled } = peerOf(node, from).stream;
  const left = unsettled.filter((lsn) => !dropped.has(lsn));
  unsettled.splice(0, unsettled.length, ...left);
}

/** Once a beat: tells each peer's server up to where its changes need not be kept for this node. */
export function confirmStreams(node: NodeState, context: Context): void {
  for (let from = 1; from <= node.config.nodes; from++) {
    if (from === node.config.node) continue;
    const { stream } = peerOf(node, from);
    const settled = settledIn(node, from);
    if (settled <= stream.confirmed) continue;
    stream.confirmed = settled;
    context.emit({ type: "confirmStream", from, lsn: settled });
  }
}

/** Up to where this node has dealt with the peer's changes, and no donor's stream will have to begin before. */
function settledIn(node: NodeState, from: NodeId): number {
  const { stream, keepFrom } = peerOf(node, from);
  const [oldest] = stream.unsettled;
  if (node.config.membership === "fixed") return oldest === undefined ? stream.received : oldest - 1;
  if (stream.mode === "all") return Math.min(node.recovery.reached, keepFrom);
  // Nothing may ever come of a peer that has no clients, and its WAL grows all the same.
  return oldest === undefined ? keepFrom : Math.min(oldest - 1, keepFrom);
}

function reasonToRefuse(
  node: NodeState,
  tx: Transaction,
  from: NodeId,
  context: Context,
): AbortReason | null {
  if (tx.refused || !context.commit.mayPrepare(tx)) {
    const detail = "this node promised a resolver not to prepare it";
    return reasonOf(node, "prepare after promise", detail, setOf(from));
  }
  if (tx.generation !== node.membership.current.number) return otherGeneration(node, tx);
  if (isDrifted(node, tx.coordinatorStamp)) {
    const detail = `node ${from}'s clock is ${tx.coordinatorStamp - node.now} us ahead`;
    return reasonOf(node, "clock drift", detail, setOf(from));
  }
  return null;
}

function otherGeneration(node: NodeState, tx: Transaction): AbortReason {
  const { number } = node.membership.current;
  const detail = `it is of generation ${tx.generation}, this node in ${number}`;
  return reasonOf(node, "other generation", detail, setOf(tx.coordinator));
}

function refuse(node: NodeState, tx: Transaction, reason: AbortReason, context: Context): void {
  tx.refused = true;
  settle(node, tx);
  context.commit.refuse(node, tx, reason, context);
}
