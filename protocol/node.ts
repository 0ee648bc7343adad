/**
 * One node's whole behaviour, as a recipe: `step` takes an input, changes the state it is handed, and emits effects.
 * This file only says which part owns which input.
 */

import { takeAbort, takeCommit, takeFinished, takeProtocolMessage } from "./commit/decisions.ts";
import { type CommitProtocols, commitProtocols } from "./commit/protocols.ts";
import { beatTransactions, restoreTransactions } from "./commit/resolver.ts";
import type { Context } from "./context.ts";
import {
  type DatabaseReply,
  gidOfSession,
  type LogicalMessage,
  type SqlError,
  type StreamChange,
} from "./database.ts";
import { takeDeadlockTimer, takeWaits, takeWound } from "./deadlock.ts";
import type { Emit, TimerName } from "./effects.ts";
import { coordinatorOf, type Gid, showGid } from "./gid.ts";
import type { Input } from "./inputs.ts";
import { getKeyed } from "./keyed.ts";
import type { NodeId } from "./members.ts";
import { takeOrder } from "./membership/configuration.ts";
import { campaignIfNeeded, takeCandidacy, takeElectionVote } from "./membership/elections.ts";
import {
  comeOnlineWhenDrained,
  learnGeneration,
  persistMembership,
  restoreMembership,
  resumeHeldCommits,
  resumeMembership,
  takeMark,
} from "./membership/generations.ts";
import {
  countSilence,
  hear,
  sendHeartbeats,
  takeFinishedMark,
  takeHeartbeat,
} from "./membership/heartbeats.ts";
import { endGrant } from "./membership/referee.ts";
import { standingIn } from "./membership/standing.ts";
import type { Heartbeat, Message } from "./messages.ts";
import type { DurableRecord } from "./records.ts";
import { takeCopyLabel } from "./replication/copying.ts";
import {
  advanceRecovery,
  beatRecovery,
  takeCopyApplied,
  takeCopyFailed,
  takeCopyPrepared,
  takeDonorChange,
} from "./replication/recovery.ts";
import { beatSlots, beginSlots, restoreSlot, takeSlotCreated } from "./replication/slots.ts";
import {
  confirmStreams,
  reopenStream,
  takeApplied,
  takeApplyFailed,
  takeApplyRolledBack,
  takeChange,
} from "./replication/streams.ts";
import { noteSeen, takeSyncpoint, writeSyncpoint } from "./replication/syncpoints.ts";
import { alignSequences } from "./sequences.ts";
import { reserveSequenceAhead, retryHeldStatements, takeRequest, takeSessionReply } from "./sessions.ts";
import { believe, compareClocks, reserveAhead, restoreClock } from "./snapshot/clock.ts";
import { type TransactionManagers, transactionManagers } from "./snapshot/managers.ts";
import type { NodeState, Transaction } from "./state.ts";
import { finish, peerOf, rollBackLocally, sendToOthers, settle } from "./transactions.ts";
import { ProtocolViolation, unreachable } from "./violation.ts";

/** Changes the state in place, and emits effects in the order in which the host must carry them out. */
export type Step = (state: NodeState, input: Input, emit: Emit) => void;

export interface Rules {
  readonly commitProtocols: CommitProtocols;
  readonly transactionManagers: TransactionManagers;
}

export const step: Step = createStep({ commitProtocols, transactionManagers });

/** A step under other rules: for rivals under development, and for mutants. */
export function createStep(rules: Rules): Step {
  const context: Context = {
    emit: () => {},
    commit: rules.commitProtocols["2pc"],
    manager: rules.transactionManagers.local,
  };
  return (state, input, emit) => {
    context.emit = emit;
    context.commit = rules.commitProtocols[state.config.commit];
    context.manager = rules.transactionManagers[state.config.snapshot];
    takeInput(state, input, context);
  };
}

function takeInput(node: NodeState, input: Input, context: Context): void {
  node.reading = input.now;
  node.now = believe(node, input.now);
  if (!node.running && input.type !== "started") {
    throw new ProtocolViolation(`node ${node.config.node} was given a ${input.type} before it was started`);
  }
  // Whatever it did, it might break a promise that it has forgotten.
  if (node.membership.lost && input.type !== "request") return;
  dispatch(node, input, context);
  if (node.membership.holding) resumeHeldCommits(node, context);
}

function dispatch(node: NodeState, input: Input, context: Context): void {
  switch (input.type) {
    case "started":
      return start(node, input, context);
    case "message":
      return takeMessage(node, input.from, input.message, context);
    case "timer":
      return takeTimer(node, input.timer, context);
    case "request":
      return takeRequest(node, input.session, input.request, context);
    case "database":
      return takeReply(node, input.reply, context);
    case "change":
      return takeStreamChange(node, input.from, input.change, context);
    case "streamBroken":
      return reopenStream(node, input.from, context);
    case "order":
      return takeOrder(node, input.order, context);
    default:
      return unreachable(input);
  }
}

function start(node: NodeState, input: Extract<Input, { type: "started" }>, context: Context): void {
  if (node.running) throw new ProtocolViolation(`node ${node.config.node} was started twice`);
  node.running = true;
  restoreMarks(node, input.records);
  if (input.lost === true) {
    node.membership.lost = true;
    node.membership.standing = "outside";
    return;
  }
  const isNewCopy = input.copied != null && input.copied.lsn !== node.membership.copied?.lsn;
  if (input.copied != null) takeCopyLabel(node, input.copied, input.prepared);
  for (const { coordinator, below } of input.finished) raiseMark(node, coordinator, below);
  node.membership.standing = standingIn(node.membership, node.config);
  node.membership.settled = false;
  restoreTransactions(node, input.records, input.prepared, input.outcomes, context);
  context.emit({ type: "database", command: alignSequences(node.config.node) });
  restoreSeen(node, input);
  if (isNewCopy) {
    beginSlots(node, context);
    persistMembership(node, true, context);
  }
  resumeMembership(node, context);
  beat(node, context);
}

function restoreMarks(node: NodeState, records: readonly DurableRecord[]): void {
  for (const record of records) {
    if (record.kind === "clock") restoreClock(node, record.highWater);
    if (record.kind === "membership") restoreMembership(node, record);
    if (record.kind === "slot") restoreSlot(node, record);
    if (record.kind === "finished") raiseMark(node, record.coordinator, record.below);
    if (record.kind === "sequence") {
      node.nextSequence = record.reserved;
      node.reservedSequence = record.reserved;
    }
  }
}

function restoreSeen(node: NodeState, { prepared, outcomes }: Extract<Input, { type: "started" }>): void {
  node.peers.forEach(({ finishedBelow }, coordinator) => {
    if (finishedBelow > 0) noteSeen(node, coordinator, finishedBelow - 1);
  });
  for (const { gid } of prepared) noteSeen(node, coordinatorOf(gid), gid);
  for (const { gid } of outcomes) noteSeen(node, coordinatorOf(gid), gid);
}

/** Log and database each keep the mark of what they have forgotten. */
function raiseMark(node: NodeState, coordinator: NodeId, below: Gid): void {
  const peer = peerOf(node, coordinator);
  if (below > peer.finishedBelow) peer.finishedBelow = below;
}

function takeMessage(node: NodeState, from: NodeId, message: Message, context: Context): void {
  hear(node, from, context);
  switch (message.type) {
    case "heartbeat":
      return takeNews(node, from, message, context);
    case "candidacy":
      return takeCandidacy(node, from, message, context);
    case "election vote":
      return takeElectionVote(node, from, message, context);
    case "commit":
      return takeCommit(node, message.gid, message.csn, context);
    case "abort":
      return takeAbort(node, message.gid, message.reason, context);
    case "finished":
      return takeFinished(node, from, message.gid, context);
    case "wound":
      return takeWound(node, from, message.gid, message.by, context);
    case "vote":
    case "refusal":
    case "precommit":
    case "preabort":
    case "ack":
    case "inquiry":
    case "status":
    case "promise":
    case "accept":
      return takeProtocolMessage(node, from, message, context);
    default:
      return unreachable(message);
  }
}

function takeNews(node: NodeState, from: NodeId, heartbeat: Heartbeat, context: Context): void {
  takeHeartbeat(node, from, heartbeat, context);
  learnGeneration(node, heartbeat.generation, heartbeat.donors, context);
  endGrant(node, context);
  takeFinishedMark(node, from, heartbeat, context);
  if (heartbeat.stampsAbove > 0) retryHeldStatements(node, context);
}

function takeTimer(node: NodeState, timer: TimerName, context: Context): void {
  switch (timer) {
    case "heartbeat":
      return beat(node, context);
    case "deadlock":
      return takeDeadlockTimer(node, context);
    case "commit queue":
      return context.manager.advance(node, context);
    case "snapshot":
      return retryHeldStatements(node, context);
    default:
      return unreachable(timer);
  }
}

function beat(node: NodeState, context: Context): void {
  node.beats += 1;
  sendHeartbeats(node, context);
  countSilence(node, context);
  compareClocks(node);
  reserveAhead(node, context);
  reserveSequenceAhead(node, context);
  campaignIfNeeded(node, context);
  beatRecovery(node, context);
  confirmStreams(node, context);
  writeSyncpoint(node, context);
  beatSlots(node, context);
  beatTransactions(node, context);
  // Whoever waits for the clock: it may have been set, or found wrong, in the meantime.
  context.manager.advance(node, context);
  retryHeldStatements(node, context);
  context.emit({ type: "setTimer", timer: "heartbeat", afterUs: node.config.heartbeatUs });
}

function takeReply(node: NodeState, reply: DatabaseReply, context: Context): void {
  switch (reply.type) {
    case "applied":
      return takeAppliedHere(node, reply.gid, context);
    case "prepared":
      return takePrepared(node, reply.gid, context);
    case "committedPrepared":
    case "rolledBackPrepared":
      finish(node, transactionOf(node, reply.gid), context);
      advanceRecovery(node, context);
      return comeOnlineWhenDrained(node, context);
    case "logged":
      return takeLogged(node, reply.message, reply.lsn, context);
    case "slotCreated":
      return takeSlotCreated(node, reply.peer, reply.lsn, context);
    case "waits":
      return takeWaits(node, reply.edges, context);
    case "failed": {
      const gid = gidOfSession(reply.session);
      if (gid !== 0) takeFailedHere(node, gid, reply.error, context);
      else takeSessionReply(node, reply, context);
      // It may have been a PREPARE.
      return comeOnlineWhenDrained(node, context);
    }
    case "rolledBack": {
      const gid = gidOfSession(reply.session);
      if (gid === 0) return takeSessionReply(node, reply, context);
      takeApplyRolledBack(node, gid, context);
      return advanceRecovery(node, context);
    }
    case "begun":
    case "executed":
    case "committed":
      return takeSessionReply(node, reply, context);
    default:
      return unreachable(reply);
  }
}

function takePrepared(node: NodeState, gid: Gid, context: Context): void {
  const tx = transactionOf(node, gid);
  tx.local = "prepared";
  // Durable: the write set need not be read again.
  settle(node, tx);
  if (tx.outcome === "abort") abortPrepared(node, tx, context);
  else if (tx.recovered) takeCopyPrepared(node, tx, context);
  else context.commit.prepared(node, tx, context);
  comeOnlineWhenDrained(node, context);
}

function takeAppliedHere(node: NodeState, gid: Gid, context: Context): void {
  const tx = getKeyed(node.transactions, gid);
  if (tx?.recovered && tx.local === "applying") takeCopyApplied(node, tx, context);
  else takeApplied(node, gid, context);
}

function takeFailedHere(node: NodeState, gid: Gid, error: SqlError, context: Context): void {
  const tx = getKeyed(node.transactions, gid);
  const isCopy = tx?.recovered && tx.outcome === "undecided";
  if (isCopy && (tx.local === "applying" || tx.local === "preparing"))
    takeCopyFailed(node, tx, error, context);
  else takeApplyFailed(node, gid, error, context);
}

function takeStreamChange(node: NodeState, from: NodeId, change: StreamChange, context: Context): void {
  if (from === node.recovery.donor) return takeDonorChange(node, change, context);
  if (change.kind === "prepared") takeChange(node, from, change, context);
}

function takeLogged(node: NodeState, message: LogicalMessage, lsn: number, context: Context): void {
  switch (message.kind) {
    case "parallel safe":
      takeMark(node, message.generation.number, lsn, context);
      return advanceRecovery(node, context);
    case "syncpoint":
      return takeSyncpoint(node, lsn);
    default:
      return unreachable(message);
  }
}

/** Aborted while PREPARE was under way, which could not be called back; so the write set goes out to the others. */
function abortPrepared(node: NodeState, tx: Transaction, context: Context): void {
  if (tx.coordinator === node.config.node && tx.reason !== null) {
    sendToOthers(node, tx, { type: "abort", gid: tx.gid, reason: tx.reason }, context);
  }
  rollBackLocally(node, tx, context);
}

function transactionOf(node: NodeState, gid: Gid): Transaction {
  const tx = getKeyed(node.transactions, gid);
  if (tx === undefined) throw new ProtocolViolation(`${showGid(gid)} is unknown to node ${node.config.node}`);
  return tx;
}
