/**
 * Clients' sessions: from BEGIN to the moment when COMMIT becomes a distributed transaction.
 *
 * A transaction runs on its coordinator's PostgreSQL alone until COMMIT. One that wrote nothing is committed there
 * and costs no message. One that wrote becomes PREPARE TRANSACTION; the commit protocol takes it from there, and
 * `transactions.ts` answers the client.
 */

import { beginWork, endWork } from "./busy.ts";
import type { Request } from "./client.ts";
import type { Context } from "./context.ts";
import type { DatabaseReply, SqlError, Statement } from "./database.ts";
import { TEMPORARY_OBJECTS, TRANSACTION_ABORTED, whyRefused } from "./ddl.ts";
import { makeGid } from "./gid.ts";
import { deleteKeyed, getKeyed, putKeyed, valuesOf } from "./keyed.ts";
import { hasLeft, isOnline } from "./membership/online.ts";
import { currentScope } from "./membership/scope.ts";
import { notOnline, whyTurnedAway } from "./membership/standing.ts";
import type { AbortReason } from "./messages.ts";
import { alignStatement } from "./sequences.ts";
import { nextAge } from "./snapshot/clock.ts";
import type { NodeState, Session, Transaction } from "./state.ts";
import {
  answerAbort,
  createTransaction,
  decideAbort,
  prepareLocally,
  reasonOf,
  stampTransaction,
} from "./transactions.ts";
import { ProtocolViolation, unreachable } from "./violation.ts";

/** How many sequence numbers one forced write reserves. */
const SEQUENCE_RESERVE = 10_000;

export function takeRequest(node: NodeState, id: number, request: Request, context: Context): void {
  const session = getKeyed(node.sessions, id) ?? createSession(node, id);
  if (request.type === "disconnect") return disconnect(node, session, context);
  if (session.phase === "doomed") return answerDoomed(session, request, context);
  if (session.phase === "refused") return answerRefused(session, request, context);
  switch (request.type) {
    case "begin":
      expectPhase(session, "idle");
      if (whyTurnedAway(node) !== null) return turnAway(node, session, context);
      session.phase = "beginning";
      session.isolation = request.isolation;
      session.age = request.age || nextAge(node);
      session.wrote = false;
      session.snapshot = 0;
      context.emit({
        type: "database",
        command: { type: "begin", session: id, isolation: request.isolation },
      });
      return;
    case "execute":
      expectPhase(session, "open");
      if (hasLeft(node)) return abandon(node, session, context);
      if (whyRefused(request.statement) !== null) {
        return refuseStatement(session, whyRefused(request.statement) as SqlError, context);
      }
      return executeWhenReadable(node, session, statementFor(node, request.statement), context);
    case "commit":
      expectPhase(session, "open");
      if (hasLeft(node)) return abandon(node, session, context);
      if (session.wrote) return commitWhenOnline(node, session, context);
      session.phase = "committing";
      context.emit({ type: "database", command: { type: "commit", session: id } });
      return;
    case "rollback":
      expectPhase(session, "open");
      return rollBack(session, context);
    default:
      return unreachable(request);
  }
}

/** PostgreSQL's replies to the commands of a client's session. */
export function takeSessionReply(
  node: NodeState,
  reply: Extract<DatabaseReply, { session: number }>,
  context: Context,
): void {
  const session = getKeyed(node.sessions, reply.session);
  if (reply.type === "failed" && (session === undefined || session.phase === "committing")) {
    return prepareFailed(node, reply.session, reply.error, context);
  }
  // The client disconnected while the command ran; its rollback follows.
  if (session === undefined) return;
  switch (reply.type) {
    case "begun":
      if (session.phase !== "beginning") return;
      session.phase = "open";
      context.emit({ type: "answer", session: session.id, answer: { type: "begun", age: session.age } });
      return;
    case "executed":
      // Wounded while the statement ran: the doomed session has been answered.
      if (session.phase !== "executing") return;
      endWork(node);
      session.wrote = reply.wrote;
      if (reply.wrote && reply.temporary) return refuseStatement(session, TEMPORARY_OBJECTS, context);
      session.phase = "open";
      context.emit({
        type: "answer",
        session: session.id,
        answer: { type: "executed", result: reply.result },
      });
      return;
    case "failed":
      if (session.phase !== "executing") return;
      endWork(node);
      return failStatement(session, reply.error, context);
    case "committed":
      session.phase = "idle";
      context.emit({
        type: "answer",
        session: session.id,
        answer: { type: "committed", gid: 0, csn: 0 },
      });
      return;
    case "rolledBack":
      // COMMIT of a failed transaction ends in ROLLBACK too.
      if (session.phase !== "rolling back" && session.phase !== "committing") return;
      session.phase = "idle";
      context.emit({ type: "answer", session: session.id, answer: { type: "rolledBack" } });
      return;
    default:
      return unreachable(reply);
  }
}

/** The clock may have reached the snapshots that held statements wait for. */
export function retryHeldStatements(node: NodeState, context: Context): void {
  for (const session of valuesOf(node.sessions)) {
    if (session.phase !== "awaiting snapshot" || session.held === null) continue;
    const statement = session.held;
    session.held = null;
    executeWhenReadable(node, session, statement, context);
  }
}

/** It began before this node left its generation, and was open only afterwards. */
function abandon(node: NodeState, session: Session, context: Context): void {
  session.phase = "awaiting generation";
  wound(node, session, notOnline(node), context);
}

/** This node is not online any more: nothing of what its clients have begun can be committed. */
export function closeSessions(node: NodeState, reason: AbortReason, context: Context): void {
  for (const session of valuesOf(node.sessions)) {
    wound(node, session, reason, context);
  }
}

/** This node is online in the generation that these commits have waited for. */
export function resumeCommits(node: NodeState, context: Context): void {
  for (const session of valuesOf(node.sessions)) {
    if (session.phase === "awaiting generation") commitEverywhere(node, session, context);
  }
}

/** Takes an open transaction from a client, in favour of an older one; tells the client at once if it waits for an answer. */
export function wound(node: NodeState, session: Session, reason: AbortReason, context: Context): void {
  const { phase } = session;
  const waiting = phase === "executing" || phase === "awaiting snapshot" || phase === "awaiting generation";
  if (!waiting && phase !== "open") return;
  context.emit({ type: "database", command: { type: "rollback", session: session.id } });
  if (waiting) {
    if (phase === "executing") endWork(node);
    session.held = null;
    session.phase = "idle";
    return answerAbort(session, 0, reason, context);
  }
  session.phase = "doomed";
  session.reason = reason;
}

/** As it goes to PostgreSQL. */
function statementFor({ config }: NodeState, statement: Statement): Statement {
  return alignStatement(statement, config.node, config.monotonicSequences);
}

function createSession(node: NodeState, id: number): Session {
  putKeyed(node.sessions, id, {
    id,
    phase: "idle",
    isolation: "repeatable read",
    age: 0,
    wrote: false,
    snapshot: 0,
    lastCsn: 0,
    held: null,
    reason: null,
  });
  return getKeyed(node.sessions, id) as Session;
}

function executeWhenReadable(
  node: NodeState,
  session: Session,
  statement: Statement,
  context: Context,
): void {
  const snapshot = context.manager.snapshot(node, session, context);
  if (snapshot === null) {
    session.phase = "awaiting snapshot";
    session.held = statement;
    return;
  }
  session.phase = "executing";
  beginWork(node, context);
  context.emit({
    type: "database",
    command: { type: "execute", session: session.id, statement, snapshot },
  });
}

/** Between two generations nothing is prepared. */
function commitWhenOnline(node: NodeState, session: Session, context: Context): void {
  if (isOnline(node) && mayStamp(node)) return commitEverywhere(node, session, context);
  node.membership.holding = true;
  session.phase = "awaiting generation";
}

/**
 * Whether a new transaction's CSN will be greater than that of every one of an older generation. A node that is left out
 * now may show one of those already, whose CSN is that node's own stamp; so a coordinator waits until it has committed,
 * or knows to be aborted, all that it holds of older generations. (Where commits become visible in order of CSN, they
 * could not be seen before in any case.)
 */
export function mayStamp(node: NodeState): boolean {
  const { membership, config } = node;
  if (membership.settled || config.membership === "fixed") return true;
  if (config.snapshot !== "clock-si-committer") return true;
  const { number } = membership.current;
  membership.settled = !valuesOf(node.transactions).some(
    ({ generation, local }) => generation < number && (local === "prepared" || local === "held"),
  );
  return membership.settled;
}

/** The transaction's locks at its origin are all held: it gets its gid and its stamp, and is prepared. */
function commitEverywhere(node: NodeState, session: Session, context: Context): void {
  const gid = makeGid(node.config.node, nextSequence(node, context));
  const tx = createTransaction(node, gid, currentScope(node), context.commit.begin());
  node.unfinished.push(gid);
  session.phase = "committing";
  tx.session = session.id;
  tx.age = session.age;
  stampTransaction(node, tx, context);
  tx.coordinatorStamp = tx.stamp;
  prepareLocally(node, tx, session.id, context);
}

function nextSequence(node: NodeState, context: Context): number {
  const sequence = node.nextSequence;
  node.nextSequence += 1;
  reserveSequence(node, sequence, context);
  return sequence;
}

/** Once a beat: raises the mark before a commit needs it. */
export function reserveSequenceAhead(node: NodeState, context: Context): void {
  reserveSequence(node, node.nextSequence + SEQUENCE_RESERVE / 2, context);
}

function reserveSequence(node: NodeState, used: number, context: Context): void {
  if (used < node.reservedSequence) return;
  node.reservedSequence = used + SEQUENCE_RESERVE;
  const record = { kind: "sequence", reserved: node.reservedSequence } as const;
  context.emit({ type: "persist", record, forced: true });
}

function failStatement(session: Session, error: SqlError, context: Context): void {
  // As in PostgreSQL, the transaction is aborted but open until the client ends it.
  session.phase = "open";
  context.emit({ type: "answer", session: session.id, answer: { type: "failed", error } });
}

/** PostgreSQL knows nothing of the error, and is told; the client's own rollback then finds nothing to do. */
function refuseStatement(session: Session, error: SqlError, context: Context): void {
  context.emit({ type: "database", command: { type: "rollback", session: session.id } });
  session.phase = "refused";
  context.emit({ type: "answer", session: session.id, answer: { type: "failed", error } });
}

function rollBack(session: Session, context: Context): void {
  session.phase = "rolling back";
  context.emit({ type: "database", command: { type: "rollback", session: session.id } });
}

function prepareFailed(node: NodeState, session: number, error: SqlError, context: Context): void {
  const tx = committingTransaction(node, session);
  if (tx === undefined) return;
  const reason = reasonOf(node, "prepare failed", `${error.code} ${error.message}`);
  // PREPARE that fails rolls back: nothing of the transaction is left here, and nothing was sent.
  tx.local = "absent";
  decideAbort(node, tx, reason, context);
}

/** PostgreSQL carries the rollback out behind what the session still runs; a commit under way goes on without its client. */
function disconnect(node: NodeState, session: Session, context: Context): void {
  if (session.phase === "executing") endWork(node);
  const free = session.phase === "idle" || session.phase === "doomed" || session.phase === "refused";
  if (!free && committingTransaction(node, session.id) === undefined) {
    context.emit({ type: "database", command: { type: "rollback", session: session.id } });
  }
  deleteKeyed(node.sessions, session.id);
}

/** The transaction that this session is preparing. */
function committingTransaction(node: NodeState, session: number): Transaction | undefined {
  for (const gid of node.unfinished) {
    const tx = getKeyed(node.transactions, gid);
    if (tx?.session === session && tx.local === "preparing") return tx;
  }
  return undefined;
}

/** As a server that is starting up does. */
function turnAway(node: NodeState, session: Session, context: Context): void {
  const reason = notOnline(node);
  const error = { code: "57P03", message: `node ${reason.node}: ${reason.detail}` };
  context.emit({ type: "answer", session: session.id, answer: { type: "aborted", gid: 0, reason, error } });
}

function answerDoomed(session: Session, request: Request, context: Context): void {
  const reason = session.reason;
  session.phase = "idle";
  session.reason = null;
  if (request.type === "rollback" || reason === null) {
    context.emit({ type: "answer", session: session.id, answer: { type: "rolledBack" } });
    return;
  }
  answerAbort(session, 0, reason, context);
}

/** As PostgreSQL does in a failed transaction. */
function answerRefused(session: Session, request: Request, context: Context): void {
  if (request.type === "execute" || request.type === "begin") {
    return context.emit({
      type: "answer",
      session: session.id,
      answer: { type: "failed", error: TRANSACTION_ABORTED },
    });
  }
  session.phase = "idle";
  context.emit({ type: "answer", session: session.id, answer: { type: "rolledBack" } });
}

function expectPhase(session: Session, phase: Session["phase"]): void {
  if (session.phase === phase) return;
  throw new ProtocolViolation(
    `session ${session.id} is ${session.phase}, where the host's contract says ${phase}`,
  );
}
