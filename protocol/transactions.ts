/**
 * The life of a transaction on one node, whatever the commit protocol: creating it, driving PostgreSQL once it is
 * decided, remembering its outcome for peers that ask, forgetting it.
 *
 * Forgetting (presumed abort, Mohan, Lindsay, Obermarck, TODS 1986, extended to all protocols here): a coordinator
 * forgets an aborted transaction at once and a committed one when every member has carried it out. Its heartbeats
 * carry the gid below which all its transactions are finished. Hence three derivations, in `recall`:
 *  - the coordinator has no trace of it: aborted;
 *  - it is below the coordinator's mark and somebody is still in doubt about it: aborted, since a commit passes the
 *    mark only after that somebody has carried it out;
 *  - it was finished here and is not yet below the mark: as remembered.
 */
import { endWork } from "./busy.ts";
import type { CommitState } from "./commit/commit-protocol.ts";
import type { Context } from "./context.ts";
import type { Csn } from "./csn.ts";
import { applySession } from "./database.ts";
import { coordinatorOf, type Gid, showGid } from "./gid.ts";
import { deleteKeyed, getKeyed, putKeyed } from "./keyed.ts";
import { contains, type NodeId, type NodeSet, setOf, toList } from "./members.ts";
import { hasLeft } from "./membership/online.ts";
import type { AbortReason, AbortRule, Message } from "./messages.ts";
import { nextStamp } from "./snapshot/clock.ts";
import { commitNow } from "./snapshot/transaction-manager.ts";
import type { NodeState, Peer, Session, Transaction } from "./state.ts";
import { ProtocolViolation } from "./violation.ts";

/** Whose votes it needs, and who its acceptors are. */
type Scope = Pick<Transaction, "generation" | "members" | "configured">;

export function createTransaction(
  node: NodeState,
  gid: Gid,
  { generation, members, configured }: Scope,
  commit: CommitState,
): Transaction {
  const tx: Transaction = {
    gid,
    coordinator: coordinatorOf(gid),
    generation,
    members,
    configured,
    age: 0,
    coordinatorStamp: 0,
    stamp: 0,
    recovered: false,
    withDatabase: false,
    unqueued: false,
    local: "absent",
    refused: false,
    outcome: "undecided",
    csn: 0,
    reason: null,
    announced: false,
    session: 0,
    lsn: 0,
    since: node.beats,
    votes: 0,
    finishedBy: 0,
    commit,
  };
  putKeyed(node.transactions, gid, tx);
  // Read back: under immer the stored one is the draft to change.
  return getKeyed(node.transactions, gid) as Transaction;
}

/** Gives the transaction this node's stamp; every lock it needs here is held (theory 1.3 C2). */
export function stampTransaction(node: NodeState, tx: Transaction, context: Context): void {
  tx.stamp = nextStamp(node, context);
  node.undecided.push(tx.gid);
}

/** PREPARE TRANSACTION; the label carries all that a restart must know. */
export function prepareLocally(node: NodeState, tx: Transaction, session: number, context: Context): void {
  tx.local = "preparing";
  const { seen } = node.syncpoints;
  if (tx.gid >= (seen[tx.coordinator] as Gid)) seen[tx.coordinator] = tx.gid + 1;
  context.emit({
    type: "database",
    command: {
      type: "prepare",
      session,
      label: {
        gid: tx.gid,
        generation: tx.generation,
        members: tx.members,
        configured: tx.configured,
        recovered: tx.recovered,
        age: tx.age,
        coordinatorStamp: tx.coordinatorStamp,
        stamp: tx.stamp,
      },
    },
  });
}

/** Decides a transaction that is prepared here. `announced`: whether others may be told already. */
export function decideCommit(
  node: NodeState,
  tx: Transaction,
  csn: Csn,
  announced: boolean,
  context: Context,
): void {
  if (tx.outcome !== "undecided") return contradict(tx, `commit with CSN ${csn}`, context);
  if (tx.local !== "prepared") {
    throw new ProtocolViolation(
      `${showGid(tx.gid)} is to commit on node ${node.config.node}, where it is ${tx.local}`,
    );
  }
  tx.outcome = "commit";
  tx.csn = csn;
  tx.announced = announced;
  tx.local = "held";
  tx.since = node.beats;
  removeFrom(node.undecided, tx.gid);
  if (tx.recovered) node.recovery.inDoubt -= 1;
  if (hasLeft(node)) commitUnqueued(node, tx, context);
  else context.manager.admit(node, tx, context);
  // What was queued behind it as undecided may go now, whatever became of it.
  context.manager.advance(node, context);
}

export function decideAbort(node: NodeState, tx: Transaction, reason: AbortReason, context: Context): void {
  if (tx.outcome !== "undecided") return contradict(tx, `abort: ${reason.detail}`, context);
  if (tx.recovered) node.recovery.inDoubt -= 1;
  context.commit.aborting(node, tx, context);
  tx.outcome = "abort";
  tx.reason = reason;
  tx.announced = true;
  removeFrom(node.undecided, tx.gid);
  context.emit({ type: "note", note: { about: "aborted", gid: tx.gid, why: showReason(reason) } });
  rollBackLocally(node, tx, context);
  context.manager.advance(node, context);
}

/** Where nobody reads, commits need not wait for their turn; before anybody does, the gaps must be filled. */
function commitUnqueued(node: NodeState, tx: Transaction, context: Context): void {
  tx.unqueued = true;
  if (tx.csn > node.recovery.newest) node.recovery.newest = tx.csn;
  commitNow(node, tx, context);
}

/** Whether something may still be committed here with a CSN below one that was committed out of turn. */
export function hasGaps(node: NodeState): boolean {
  const { newest } = node.recovery;
  if (newest === 0) return false;
  const oldest = getKeyed(node.transactions, node.undecided[0] ?? 0);
  if (oldest !== undefined && oldest.stamp <= newest) return true;
  const { waiting, inFlight } = node.queue;
  for (const gid of [...waiting, inFlight]) {
    const tx = getKeyed(node.transactions, gid);
    if (tx !== undefined && tx.csn <= newest) return true;
  }
  return false;
}

/** Those that waited for their turn need not, where nobody reads any more. */
export function releaseQueue(node: NodeState, context: Context): void {
  for (const gid of node.queue.waiting.splice(0)) {
    const tx = getKeyed(node.transactions, gid);
    if (tx !== undefined) commitUnqueued(node, tx, context);
  }
}

/** Takes back what PostgreSQL holds of it, as far as that is possible now. */
export function rollBackLocally(node: NodeState, tx: Transaction, context: Context): void {
  switch (tx.local) {
    case "absent":
      return finish(node, tx, context);
    case "applying":
      if (!tx.recovered) endWork(node);
      tx.local = "rolling back";
      context.emit({ type: "database", command: { type: "rollback", session: applySession(tx.gid) } });
      return;
    case "preparing":
      // PREPARE cannot be called back; its reply comes here again.
      return;
    case "prepared":
      tx.local = "rolling back";
      context.emit({ type: "database", command: { type: "rollbackPrepared", gid: tx.gid } });
      return;
    case "rolling back":
      return;
    case "held":
    case "committing":
    case "committed":
    case "aborted":
      throw new ProtocolViolation(`${showGid(tx.gid)} cannot be rolled back: it is ${tx.local}`);
  }
}

/** PostgreSQL has nothing to do for this transaction any more: it is committed or rolled back here, or was never here. */
export function finish(node: NodeState, tx: Transaction, context: Context): void {
  if (tx.outcome === "commit") finishCommitted(node, tx, context);
  else finishAborted(node, tx, context);
}

function finishCommitted(node: NodeState, tx: Transaction, context: Context): void {
  tx.local = "committed";
  if (!tx.unqueued) context.manager.committed(node, tx, context);
  context.commit.committed(node, tx, context);
  if (tx.coordinator === node.config.node) return markFinished(node, tx, node.config.node, context);
  if (contains(tx.members, node.config.node))
    send(context, tx.coordinator, { type: "finished", gid: tx.gid });
  remember(node, tx.gid, tx.csn);
}

function finishAborted(node: NodeState, tx: Transaction, context: Context): void {
  tx.local = "aborted";
  settle(node, tx);
  forgetWork(node, tx.gid);
  if (tx.outcome === "undecided") {
    // Refused or lost here; what became of the whole is still to be heard.
    tx.local = "absent";
    if (tx.recovered) forgetCopy(node, tx);
    return;
  }
  if (tx.coordinator !== node.config.node) return remember(node, tx.gid, 0);
  answerAborted(node, tx, context);
  forget(node, tx.gid);
}

function forgetWork({ recovery }: NodeState, gid: Gid): void {
  deleteKeyed(recovery.working, gid);
  deleteKeyed(recovery.failed, gid);
}

/** A copy that was not prepared: as if it had never come. */
export function forgetCopy(node: NodeState, tx: Transaction): void {
  forgetWork(node, tx.gid);
  if (!tx.recovered) return;
  tx.recovered = false;
  node.recovery.inDoubt -= 1;
}

/** Coordinator: one member has carried out the commit. */
export function markFinished(node: NodeState, tx: Transaction, member: NodeId, context: Context): void {
  tx.finishedBy |= setOf(member);
  answerWhenFinished(node, tx, context);
  if ((tx.finishedBy & tx.members) === tx.members) forget(node, tx.gid);
}

/** A member that was dropped has carried it out before it lets clients in again, and is not waited for. */
export function answerWhenFinished(node: NodeState, tx: Transaction, context: Context): void {
  const { config, membership } = node;
  const peers = config.waitPeerCommits ? tx.members & membership.current.members : 0;
  const awaited = peers | setOf(config.node);
  if ((tx.finishedBy & awaited) === awaited) answerCommitted(node, tx, context);
}

/** The outcome that this node knows or can derive of a transaction that it does not hold: a CSN, 0 for abort, or null. */
export function recall(node: NodeState, gid: Gid): Csn | null {
  const finished = getKeyed(node.finished, gid);
  if (finished !== undefined) return finished;
  const coordinator = coordinatorOf(gid);
  if (coordinator === node.config.node) return 0;
  return gid < peerOf(node, coordinator).finishedBelow ? 0 : null;
}

/** Keeps an outcome until the coordinator says that nobody can ask any more. */
export function remember(node: NodeState, gid: Gid, csn: Csn): void {
  deleteKeyed(node.transactions, gid);
  const peer = peerOf(node, coordinatorOf(gid));
  if (gid < peer.finishedBelow) return;
  putKeyed(node.finished, gid, csn);
  peer.finishedHere.push(gid);
}

/** The position in the coordinator's stream need not be read again for this transaction. */
export function settle(node: NodeState, tx: Transaction): void {
  if (tx.lsn === 0) return;
  removeFrom(peerOf(node, tx.coordinator).stream.unsettled, tx.lsn);
  tx.lsn = 0;
}

/** Every transaction that this node coordinated below this gid is finished on every member. */
export function finishedBelow(node: NodeState, next: Gid): Gid {
  return node.unfinished[0] ?? next;
}

export function reasonOf(node: NodeState, rule: AbortRule, detail: string, peers: NodeSet = 0): AbortReason {
  return { rule, node: node.config.node, peers, detail };
}

/** Of a transaction below its coordinator's mark that somebody still has: see the header. */
export function leftBehind(node: NodeState, { coordinator }: Transaction): AbortReason {
  return reasonOf(node, "coordinator has no record", "it has finished all up to here", setOf(coordinator));
}

export function showReason(reason: AbortReason): string {
  const { rule, node, peers, detail } = reason;
  const peer = peers === 0 ? "" : `, peer ${toList(peers).join(", ")}`;
  return `${rule} (node ${node}${peer}): ${detail}`;
}

export function send(context: Context, to: NodeId, message: Message): void {
  context.emit({ type: "send", to, message });
}

/** To every other member of the transaction. */
export function sendToOthers(node: NodeState, tx: Transaction, message: Message, context: Context): void {
  sendTo(node, tx.members, message, context);
}

/** To every node of the set but this one. */
export function sendTo(node: NodeState, nodes: NodeSet, message: Message, context: Context): void {
  for (let to = 1; to <= node.config.nodes; to++) {
    if (to !== node.config.node && contains(nodes, to)) send(context, to, message);
  }
}

export function peerOf(node: NodeState, peer: NodeId): Peer {
  const found = node.peers[peer];
  if (found === undefined) throw new ProtocolViolation(`there is no node ${peer}`);
  return found;
}

function forget(node: NodeState, gid: Gid): void {
  deleteKeyed(node.transactions, gid);
  removeFrom(node.unfinished, gid);
}

function answerCommitted(node: NodeState, tx: Transaction, context: Context): void {
  const session = getKeyed(node.sessions, tx.session);
  tx.session = 0;
  // The client has gone, or was answered before.
  if (session === undefined) return;
  session.phase = "idle";
  session.lastCsn = tx.csn;
  context.emit({
    type: "answer",
    session: session.id,
    answer: { type: "committed", gid: tx.gid, csn: tx.csn },
  });
}

function answerAborted(node: NodeState, tx: Transaction, context: Context): void {
  const session = getKeyed(node.sessions, tx.session);
  tx.session = 0;
  if (session === undefined || tx.reason === null) return;
  session.phase = "idle";
  answerAbort(session, tx.gid, tx.reason, context);
}

/** What a client is told: a serialization failure, which drivers retry, with node, gid, peer and rule in words. */
export function answerAbort(
  session: Pick<Session, "id">,
  gid: Gid,
  reason: AbortReason,
  context: Context,
): void {
  const code = reason.rule === "wounded" ? "40P01" : "40001";
  const which = gid === 0 ? "transaction" : `transaction ${showGid(gid)}`;
  const error = { code, message: `${which} aborted: ${showReason(reason)}` };
  context.emit({ type: "answer", session: session.id, answer: { type: "aborted", gid, reason, error } });
}

function contradict(tx: Transaction, heard: string, context: Context): void {
  context.emit({
    type: "note",
    note: { about: "contradiction", gid: tx.gid, why: `decided ${tx.outcome}, then heard ${heard}` },
  });
}

/** Prepared, finished, or finished by the coordinator's mark. */
export function isHere(node: NodeState, gid: Gid): boolean {
  const known = getKeyed(node.transactions, gid);
  if (known !== undefined) return known.local !== "absent";
  return getKeyed(node.finished, gid) !== undefined || gid < peerOf(node, coordinatorOf(gid)).finishedBelow;
}

export function removeFrom(list: number[], value: number): void {
  const index = list.indexOf(value);
  if (index >= 0) list.splice(index, 1);
}
