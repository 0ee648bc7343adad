/**
 * Recovery: a node that missed something copies it from one donor's WAL, all origins in the donor's order, while the
 * cluster goes on (mmts 5.2, 4.3).
 *
 * The stream brings PREPAREs, COMMIT PREPAREDs and ROLLBACK PREPAREDs. What is here already is recognised by its gid. A
 * copy is prepared like any transaction, but is no vote. Copies are applied beside each other: two that conflict are
 * never both undecided in the donor's WAL, so the second is begun only once the first's outcome is being carried out,
 * and waits for its locks, or fails for the version that it lacks, and is tried again by itself when its commit comes.
 * One that was aborted may fail because this node has what came after it: that is found out when its rollback comes. A
 * commit waits until its transaction is prepared here; a logical message waits until all before it is dealt with.
 *
 * The end: the donor's mark "parallel safe" of the current generation. Behind it lie only PREPAREs of this generation,
 * for which this node votes. Copies that are still in doubt then keep their locks, and the donor's stream is read on for
 * their outcomes: the members of their generation may have forgotten them. No client is let in before.
 */
import type { Context } from "../context.ts";
import { commitsBefore } from "../csn.ts";
import type { FinishedChange, LogicalMessage, PreparedChange, SqlError, StreamChange } from "../database.ts";
import { applySession } from "../database.ts";
import { raiseMark } from "../forgetting.ts";
import { coordinatorOf, type Gid, showGid } from "../gid.ts";
import { deleteKeyed, getKeyed, putKeyed, valuesOf } from "../keyed.ts";
import { contains, type NodeId, type NodeSet, setOf } from "../members.ts";
import { belongs } from "../membership/configuration.ts";
import { cliqueOf } from "../membership/elections.ts";
import { isMajority, isMember } from "../membership/generation.ts";
import { comeOnline, disclaim, learnGeneration, persistMembership } from "../membership/generations.ts";
import { isConnected } from "../membership/links.ts";
import { isOnline, onlinePeers } from "../membership/online.ts";
import { isReferee } from "../membership/scope.ts";
import { keepAbove } from "../snapshot/clock.ts";
import type { NodeState, Transaction } from "../state.ts";
import {
  createTransaction,
  decideAbort,
  decideCommit,
  forgetCopy,
  hasGaps,
  isHere,
  leftBehind,
  peerOf,
  prepareLocally,
  reasonOf,
} from "../transactions.ts";
import { askForCopy, copyAnewIfStranded } from "./copying.ts";
import { knowingMore, takeTheRest, wantsTheRest } from "./doubts.ts";
import {
  anyDonor,
  bestDonor,
  dropCopy,
  follow,
  noteAnswer,
  rollBackCopy,
  stopFollowing,
} from "./following.ts";
import { needsCopy } from "./slots.ts";
import { openOwnStream, takeChange } from "./streams.ts";

/** So many copies are applied at a time. */
const MAX_WORKING = 32;

/** Once a beat: follows whom it should, and asks how far that one is. */
export function beatRecovery(node: NodeState, context: Context): void {
  if (node.config.membership === "fixed") return;
  if (isOnline(node) && !hasGaps(node)) node.recovery.newest = 0;
  chooseDonor(node, context);
  advanceRecovery(node, context);
  const { recovery } = node;
  if (recovery.donor === 0 || (!wantsTheRest(node) && isOnline(node))) return;
  context.emit({ type: "probeStream", from: recovery.donor, asked: node.beats });
}

/** Something came from the donor. */
export function takeDonorChange(node: NodeState, change: StreamChange, context: Context): void {
  node.recovery.queue.push(change);
  if (change.kind === "position") takeTheRest(node, change.asked, context);
  advanceRecovery(node, context);
}

/** Deals with what has come, as far as that is possible now. */
export function advanceRecovery(node: NodeState, context: Context): void {
  const { recovery, membership } = node;
  while (recovery.next < recovery.queue.length) {
    // Behind the donor's mark lies what this node will vote for, once its own mark is written.
    if (membership.standing === "marking" || membership.standing === "draining") return;
    const change = recovery.queue[recovery.next] as StreamChange;
    if (!take(node, change, context)) return;
    // It may have made this node follow somebody else.
    if (recovery.queue[recovery.next] !== change) return;
    recovery.next += 1;
    recovery.reached = change.lsn;
    forgetTaken(node);
  }
}

/** Every lock of the copy is held now. */
export function takeCopyApplied(node: NodeState, tx: Transaction, context: Context): void {
  insertUndecided(node, tx);
  // Its CSN is not below the donor's stamp; what this node stamps from now on comes behind it.
  keepAbove(node, tx.stamp, context);
  prepareLocally(node, tx, applySession(tx.gid), context);
}

export function takeCopyPrepared(node: NodeState, tx: Transaction, context: Context): void {
  const { recovery } = node;
  // Meanwhile this node follows another donor.
  if (getKeyed(recovery.working, tx.gid) === undefined) return dropCopy(node, tx, context);
  deleteKeyed(recovery.working, tx.gid);
  if (recovery.again === tx.gid) recovery.again = 0;
  advanceRecovery(node, context);
}

/**
 * It lacks something that is about to be there; or it was aborted, and this node has already what came after that; or
 * there is something wrong for good.
 */
export function takeCopyFailed(node: NodeState, tx: Transaction, error: SqlError, context: Context): void {
  const { recovery } = node;
  const change = getKeyed(recovery.working, tx.gid);
  tx.local = "absent";
  // Its stream was closed meanwhile.
  if (change === undefined) return forgetCopy(node, tx);
  deleteKeyed(recovery.working, tx.gid);
  putKeyed(recovery.failed, tx.gid, change);
  const alone = recovery.again === tx.gid;
  recovery.again = 0;
  if (alone && isForGood(error)) {
    recovery.stuck = `${showGid(tx.gid)} of node ${recovery.donor} cannot be applied: ${error.code} ${error.message}`;
    return;
  }
  advanceRecovery(node, context);
}

/** Not a lock that could not be had: a local transaction may hold it, or one that was prepared here. */
function isForGood({ code }: SqlError): boolean {
  return code !== "55P03" && code !== "40P01" && code !== "40001";
}

/** @returns whether the change is dealt with, so that the next may be taken */
function take(node: NodeState, change: StreamChange, context: Context): boolean {
  switch (change.kind) {
    case "prepared":
      return takePrepared(node, change, context);
    case "committed":
    case "rolled back":
      return takeFinished(node, change, context);
    case "message":
      if (isOnline(node)) return takeLoggedOnline(node, change.message, context);
      if (!isIdle(node)) return false;
      return takeLogged(node, change.message, context);
    case "position":
      noteAnswer(node, change.asked);
      return true;
  }
}

function takePrepared(node: NodeState, change: PreparedChange, context: Context): boolean {
  const { label } = change;
  const { recovery, membership, config } = node;
  // Of an earlier stream, which was closed: it is being dropped, or would be.
  const known = getKeyed(node.transactions, label.gid);
  if (known?.local === "rolling back") return false;
  if (known?.local === "preparing" && known.recovered) putKeyed(recovery.working, label.gid, change);
  if (isOnline(node) && label.generation >= membership.current.number) {
    // Of other origins it comes in their own streams.
    if (coordinatorOf(label.gid) === recovery.donor) takeChange(node, recovery.donor, change, context);
    return true;
  }
  // Its own PREPARE is here if it ever was durable.
  if (coordinatorOf(label.gid) === config.node || isHere(node, label.gid)) return true;
  // It has been online since, so it has all of that generation that may commit (P2): this was aborted, and forgotten.
  if (label.generation < membership.lastOnlineIn) return true;
  if (recovery.working.count >= MAX_WORKING) return false;
  apply(node, change, context);
  return true;
}

function apply(node: NodeState, change: PreparedChange, context: Context): void {
  const { label } = change;
  const known = getKeyed(node.transactions, label.gid);
  const tx = known ?? createTransaction(node, label.gid, label, context.commit.begin());
  if (!tx.recovered) node.recovery.inDoubt += 1;
  tx.recovered = true;
  tx.age = label.age;
  tx.coordinatorStamp = label.coordinatorStamp;
  tx.stamp = label.stamp;
  tx.local = "applying";
  deleteKeyed(node.recovery.failed, label.gid);
  putKeyed(node.recovery.working, label.gid, change);
  context.emit({ type: "database", command: { type: "apply", gid: label.gid, change } });
}

/** The donor has carried out the decision, so it is the decision. */
function takeFinished(node: NodeState, change: FinishedChange, context: Context): boolean {
  const tx = getKeyed(node.transactions, change.gid);
  if (tx === undefined || tx.outcome !== "undecided") return true;
  // In normal mode the protocol tells it of its own.
  if (isOnline(node) && !tx.recovered) return true;
  if (change.kind === "rolled back") {
    if (change.copy) return takeDropped(node, tx, context);
    decideAbort(
      node,
      tx,
      reasonOf(node, "already aborted", "the donor rolled it back", setOf(node.recovery.donor)),
      context,
    );
    return true;
  }
  if (tx.local === "absent" && getKeyed(node.recovery.failed, change.gid) !== undefined) {
    tryAgain(node, change.gid, context);
    return false;
  }
  // An acceptor's memory of what was never prepared here.
  if (tx.local === "absent") return true;
  if (tx.local !== "prepared") return false;
  decideCommit(node, tx, change.csn, true, context);
  return true;
}

/** Nothing needs to be awaited: what was committed before this message has its decision, and is no copy in doubt. */
function takeLoggedOnline(node: NodeState, message: LogicalMessage, context: Context): true {
  if (message.kind === "parallel safe") learnGeneration(node, message.generation, message.donors, context);
  else abortCopiesBelow(node, message.holds, context);
  return true;
}

/** The donor has finished all of these, and never prepared, or rolled back, what is still in doubt here. */
function abortCopiesBelow(node: NodeState, holds: readonly Gid[], context: Context): void {
  for (const { gid, coordinator } of valuesOf(node.transactions)) {
    const tx = getKeyed(node.transactions, gid);
    if (tx === undefined || !tx.recovered || tx.outcome !== "undecided") continue;
    if (gid < (holds[coordinator] ?? 0)) decideAbort(node, tx, leftBehind(node, tx), context);
  }
}

function takeLogged(node: NodeState, message: LogicalMessage, context: Context): boolean {
  const { membership } = node;
  if (message.kind === "syncpoint") {
    message.holds.forEach((below, coordinator) => {
      if (coordinator !== 0 && coordinator !== node.config.node) raiseMark(node, coordinator, below, context);
    });
    return true;
  }
  learnGeneration(node, message.generation, message.donors, context);
  const { number } = message.generation;
  if (membership.standing !== "recovering" || membership.current.number !== number) return true;
  if (retryFailed(node, context)) return false;
  comeOnline(node, context);
  return true;
}

/** The donor had it as a copy and has it no more, for whatever reason; what it is here decides itself. */
function takeDropped(node: NodeState, tx: Transaction, context: Context): boolean {
  // What this node has promised to hold it keeps.
  if (!tx.recovered || tx.generation < node.membership.lastOnlineIn) return true;
  if (tx.local === "preparing") return false;
  if (tx.local === "prepared") dropCopy(node, tx, context);
  else if (tx.local === "applying") rollBackCopy(tx, context);
  else forgetCopy(node, tx);
  return true;
}

/** @returns whether there was any copy that must be here before the mark, and is not */
function retryFailed(node: NodeState, context: Context): boolean {
  const [first] = valuesOf(node.recovery.failed);
  if (first !== undefined) tryAgain(node, first.label.gid, context);
  return first !== undefined;
}

/** Applies it once more, with nothing beside it. */
function tryAgain(node: NodeState, gid: Gid, context: Context): void {
  const { recovery } = node;
  const change = getKeyed(recovery.failed, gid);
  const tx = getKeyed(node.transactions, gid);
  if (change === undefined || tx === undefined || recovery.stuck !== null || !isIdle(node)) return;
  recovery.again = gid;
  deleteKeyed(recovery.failed, gid);
  putKeyed(recovery.working, gid, change);
  tx.local = "applying";
  context.emit({ type: "database", command: { type: "apply", gid, change } });
}

/** Whether PostgreSQL is doing nothing about any transaction. */
function isIdle(node: NodeState): boolean {
  for (const { local } of valuesOf(node.transactions)) {
    if (local !== "prepared" && local !== "absent" && local !== "committed" && local !== "aborted")
      return false;
  }
  return true;
}

/** In order of stamp, as those that this node stamped itself. */
function insertUndecided(node: NodeState, tx: Transaction): void {
  const { undecided } = node;
  let place = undecided.length;
  while (place > 0) {
    const other = getKeyed(node.transactions, undecided[place - 1] as Gid);
    if (other === undefined || commitsBefore(other.stamp, other.gid, tx.stamp, tx.gid)) break;
    place -= 1;
  }
  undecided.splice(place, 0, tx.gid);
}

/** What was taken is dropped now and then, because that moves what is left. */
function forgetTaken(node: NodeState): void {
  const { recovery } = node;
  if (recovery.next < recovery.queue.length && recovery.next < 256) return;
  recovery.queue.splice(0, recovery.next);
  recovery.next = 0;
}

function chooseDonor(node: NodeState, context: Context): void {
  const { membership, recovery } = node;
  switch (membership.standing) {
    case "draining":
    case "marking":
      return;
    case "online":
      return followForOutcomes(node, context);
    case "recovering":
      return followDonor(node, anyDonor(node, donorsNow(node)), context);
    case "outside": {
      if (!belongs(node) || isReferee(node))
        return recovery.donor === 0 ? undefined : stopFollowing(node, context);
      if (needsCopy(node)) return askForCopy(node, context);
      const clique = cliqueOf(node);
      const able = isMajority(clique | setOf(node.config.node), membership.current.configured);
      const donor = able ? bestDonor(node, clique) : 0;
      if (membership.joining && able) copyAnewIfStranded(node, donor, clique, context);
      const ahead = donor !== 0 && !holdsMore(node, donor);
      if (!able && recovery.donor !== 0) stopFollowing(node, context);
      else if (ahead) followDonor(node, donor, context);
      return;
    }
  }
}

/** Only a member comes online, and marks it in its WAL; one that is none has at least what was before. */
function donorsNow(node: NodeState): NodeSet {
  const { current, donors } = node.membership;
  const able = onlinePeers(node) | donors;
  return (able & current.members) === 0 ? able : able & current.members;
}

/** Whether this node was online later than the peer, so that it has nothing to learn from it. */
function holdsMore(node: NodeState, peer: NodeId): boolean {
  return node.membership.lastOnlineIn > peerOf(node, peer).lastOnlineIn;
}

function followDonor(node: NodeState, donor: NodeId, context: Context): void {
  if (donor === 0 || donor === node.recovery.donor) return;
  giveUpCopies(node, donor, context);
  const { current } = node.membership;
  const why = isMember(current, node.config.node) ? "to come online" : "to catch up";
  follow(node, donor, why, context);
}

/**
 * Copies of an earlier donor's that are still undecided: the new one may never have had them, and its own transactions
 * would wait for their locks for ever. What it has, it sends again. If this node has been online since, it has promised
 * to hold some of them: it takes that back first.
 */
function giveUpCopies(node: NodeState, next: NodeId, context: Context): void {
  const copies = valuesOf(node.transactions).filter(
    ({ recovered, withDatabase, outcome, local }) =>
      recovered &&
      outcome === "undecided" &&
      (local === "prepared" || local === "preparing") &&
      !(withDatabase && next === node.recovery.copyOf),
  );
  noteDropped(node, copies, context);
  const oldest = Math.min(...copies.map(({ generation }) => generation));
  // Not even that generation: as one that was online in it, it would be taken for one that has all of it.
  if (oldest < node.membership.lastOnlineIn) disclaim(node, oldest - 1, context);
  for (const { gid } of copies) {
    const tx = getKeyed(node.transactions, gid);
    // Its PREPARE cannot be called back: it is dropped when that has been answered.
    if (tx?.local === "preparing") deleteKeyed(node.recovery.working, gid);
    if (tx?.local === "prepared") dropCopy(node, tx, context);
  }
}

/** Before they are: the donor that the database was copied from would not bring them again. */
function noteDropped(node: NodeState, copies: readonly Transaction[], context: Context): void {
  const { copied } = node.membership;
  const gids = copies.filter(({ withDatabase }) => withDatabase).map(({ gid }) => gid);
  if (copied === null || gids.length === 0) return;
  node.membership.copied = { ...copied, dropped: [...new Set([...copied.dropped, ...gids])] };
  persistMembership(node, true, context);
}

/** Online, but with copies in doubt: reads on until their outcomes have come, then takes up the normal stream. */
function followForOutcomes(node: NodeState, context: Context): void {
  const { recovery } = node;
  if (recovery.inDoubt === 0) {
    if (recovery.donor === 0) return;
    const from = recovery.donor;
    stopFollowing(node, context);
    openOwnStream(node, from, context);
    return;
  }
  const online = onlinePeers(node);
  // Two that wait for the same outcome may not wait for each other.
  const knowing = online & knowingMore(node);
  const isGood = knowing === 0 || contains(knowing, recovery.donor);
  if (recovery.donor !== 0 && isConnected(node, recovery.donor) && isGood) return;
  const donor = anyDonor(node, knowing === 0 ? online : knowing);
  if (donor === 0 || donor === recovery.donor) return;
  const before = recovery.donor;
  follow(node, donor, "for the outcomes of what is in doubt", context);
  if (before !== 0) openOwnStream(node, before, context);
}
