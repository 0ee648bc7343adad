/**
 * Time, for transactions: once a beat every one of them may find that it has waited long enough. What it then does,
 * and who finishes a transaction whose coordinator is gone, is the commit protocol's own rule; this file also takes
 * up what a crash has left.
 */
import type { Context } from "../context.ts";
import { type CommittedOutcome, isCopy, type PrepareLabel } from "../database.ts";
import { coordinatorOf, type Gid } from "../gid.ts";
import { getKeyed, valuesOf } from "../keyed.ts";
import { contains, setOf } from "../members.ts";
import type { AbortReason } from "../messages.ts";
import type { DurableRecord, TransactionRecord } from "../records.ts";
import type { NodeState, Transaction } from "../state.ts";
import {
  createTransaction,
  decideAbort,
  leftBehind,
  peerOf,
  reasonOf,
  recall,
  remember,
} from "../transactions.ts";

export function beatTransactions(node: NodeState, context: Context): void {
  for (const { gid } of valuesOf(node.transactions)) {
    // One beat may finish several.
    const tx = getKeyed(node.transactions, gid);
    // One that is no member of its generation only follows its donor: the members may have forgotten the transaction.
    if (tx !== undefined && contains(tx.members, node.config.node)) context.commit.beat(node, tx, context);
  }
}

/** After a restart: what PostgreSQL and the log still hold of transactions is restored, then each goes on. */
export function restoreTransactions(
  node: NodeState,
  records: readonly DurableRecord[],
  prepared: readonly PrepareLabel[],
  outcomes: readonly CommittedOutcome[],
  context: Context,
): void {
  const logged = new Map<Gid, TransactionRecord>();
  for (const record of records) {
    if ("gid" in record) logged.set(record.gid, record);
  }
  for (const outcome of outcomes) restoreOutcome(node, outcome, context);
  for (const label of prepared) restorePrepared(node, label, context);
  for (const record of logged.values()) restoreUnprepared(node, record, context);
  sortByStamp(node);
  node.unfinished.sort((one, other) => one - other);
  for (const { gid } of valuesOf(node.transactions)) {
    const tx = getKeyed(node.transactions, gid);
    if (tx?.outcome !== "undecided") continue;
    const record = logged.get(gid);
    if (isLeftBehind(node, tx)) decideAbort(node, tx, leftBehind(node, tx), context);
    else if (record?.kind === "refused") decideAbort(node, tx, refusedBefore(node), context);
    else context.commit.restore(node, tx, record, context);
  }
}

function refusedBefore(node: NodeState): AbortReason {
  return reasonOf(node, "already aborted", "this node had promised before it restarted never to commit it");
}

/** Its rollback was lost in the crash, and the coordinator had finished with it before. */
function isLeftBehind(node: NodeState, { gid, coordinator }: Transaction): boolean {
  return coordinator !== node.config.node && gid < peerOf(node, coordinator).finishedBelow;
}

/** Committed here. Of its own the coordinator cannot know who else has: it asks all, by saying it again. */
function restoreOutcome(node: NodeState, outcome: CommittedOutcome, context: Context): void {
  const { gid, csn } = outcome;
  if (coordinatorOf(gid) !== node.config.node) return remember(node, gid, csn);
  if (gid < peerOf(node, node.config.node).finishedBelow) return;
  const tx = createTransaction(node, gid, outcome, context.commit.begin());
  tx.local = "committed";
  tx.outcome = "commit";
  tx.csn = csn;
  tx.announced = true;
  tx.finishedBy = setOf(node.config.node);
  node.unfinished.push(gid);
}

function restorePrepared(node: NodeState, label: PrepareLabel, context: Context): void {
  const { gid } = label;
  const tx = createTransaction(node, gid, label, context.commit.begin());
  tx.local = "prepared";
  tx.age = label.age;
  tx.coordinatorStamp = label.coordinatorStamp;
  tx.stamp = label.stamp;
  tx.recovered = isCopy(label, node.config.node);
  tx.withDatabase = tx.recovered && (node.membership.copied?.prepared.includes(gid) ?? false);
  if (tx.recovered) node.recovery.inDoubt += 1;
  node.undecided.push(gid);
  if (coordinatorOf(gid) === node.config.node) node.unfinished.push(gid);
}

/** A promise, or an acceptor's memory, of a transaction that is not prepared here. */
function restoreUnprepared(node: NodeState, record: TransactionRecord, context: Context): void {
  const { gid } = record;
  if (getKeyed(node.transactions, gid) !== undefined || recall(node, gid) !== null) return;
  if (record.kind === "refused") return remember(node, gid, 0);
  createTransaction(node, gid, record, context.commit.begin());
}

function sortByStamp(node: NodeState): void {
  const stampOf = (gid: Gid): number => getKeyed(node.transactions, gid)?.stamp ?? 0;
  node.undecided.sort((one, other) => stampOf(one) - stampOf(other) || one - other);
}
