/**
 * What of an event goes into the trace hash: everything that a node is told, so that two runs with equal hashes gave
 * every node the same inputs at the same times.
 */
import type { Request } from "../../protocol/client.ts";
import type {
  Change,
  DatabaseReply,
  LogicalMessage,
  PreparedChange,
  Row,
  StatementResult,
  StreamChange,
  Value,
} from "../../protocol/database.ts";
import type { Input } from "../../protocol/inputs.ts";
import type { Generation } from "../../protocol/membership/generation.ts";
import type { Message } from "../../protocol/messages.ts";
import { fold, foldText, type TraceHash } from "./hash.ts";

export function foldInput(hash: TraceHash, time: number, node: number, input: Input): void {
  fold(hash, time);
  fold(hash, node);
  fold(hash, input.now);
  switch (input.type) {
    case "started":
      fold(hash, 1);
      fold(hash, input.records.length);
      for (const label of input.prepared) fold(hash, label.gid);
      for (const outcome of input.outcomes) fold(hash, outcome.gid);
      return;
    case "message":
      fold(hash, 2);
      fold(hash, input.from);
      return foldMessage(hash, input.message);
    case "timer":
      fold(hash, 3);
      return fold(hash, TIMER_CODES[input.timer]);
    case "request":
      fold(hash, 4);
      fold(hash, input.session);
      return foldRequest(hash, input.request);
    case "database":
      fold(hash, 5);
      return foldReply(hash, input.reply);
    case "change":
      fold(hash, 6);
      fold(hash, input.from);
      return foldChange(hash, input.change);
    case "streamBroken":
      fold(hash, 7);
      return fold(hash, input.from);
    case "order":
      fold(hash, 8);
      return fold(hash, input.order.kind === "join" ? 0 : input.order.nodes);
  }
}

const TIMER_CODES = { heartbeat: 1, deadlock: 2, "commit queue": 3, snapshot: 4 } as const;

function foldMessage(hash: TraceHash, message: Message): void {
  switch (message.type) {
    case "heartbeat":
      fold(hash, 1);
      fold(hash, message.finishedBelow);
      fold(hash, message.clock);
      foldGeneration(hash, message.generation);
      fold(hash, message.donors);
      fold(hash, message.lastOnlineIn);
      fold(hash, message.heard);
      fold(hash, message.stampsAbove);
      for (const gid of message.holds) fold(hash, gid);
      for (const gid of message.doubts ?? []) fold(hash, gid);
      fold(hash, message.joining ? 1 : 0);
      fold(hash, message.slot === "reaches back" ? 2 : message.slot === "too late" ? 1 : 0);
      if (message.slotBegin > 0) fold(hash, message.slotBegin);
      return fold(hash, message.keepFrom);
    case "candidacy":
      fold(hash, 15);
      fold(hash, message.base);
      return foldGeneration(hash, message.generation);
    case "election vote":
      fold(hash, 16);
      fold(hash, message.number);
      fold(hash, message.members);
      fold(hash, message.granted ? 1 : 0);
      fold(hash, message.lastOnlineIn);
      fold(hash, message.lastVote);
      fold(hash, message.grantedTo);
      fold(hash, message.donors);
      return foldGeneration(hash, message.current);
    case "vote":
      fold(hash, 2);
      fold(hash, message.gid);
      return fold(hash, message.stamp);
    case "refusal":
    case "abort":
      fold(hash, message.type === "abort" ? 3 : 4);
      fold(hash, message.gid);
      fold(hash, message.reason.node);
      return foldText(hash, message.reason.rule);
    case "precommit":
      fold(hash, 5);
      fold(hash, message.gid);
      fold(hash, message.term);
      return fold(hash, message.csn);
    case "preabort":
    case "ack":
      fold(hash, message.type === "ack" ? 6 : 7);
      fold(hash, message.gid);
      return fold(hash, message.term);
    case "commit":
      fold(hash, 8);
      fold(hash, message.gid);
      return fold(hash, message.csn);
    case "finished":
      fold(hash, 9);
      return fold(hash, message.gid);
    case "inquiry":
      fold(hash, 10);
      fold(hash, message.gid);
      return fold(hash, message.term);
    case "status":
      fold(hash, 11);
      fold(hash, message.gid);
      fold(hash, message.term);
      fold(hash, message.accepted);
      fold(hash, message.csn);
      return foldText(hash, message.state);
    case "promise":
      fold(hash, 12);
      fold(hash, message.gid);
      fold(hash, message.term);
      for (const { term, stamp } of message.votes) {
        fold(hash, term);
        fold(hash, stamp);
      }
      return;
    case "accept":
      fold(hash, 13);
      fold(hash, message.gid);
      fold(hash, message.term);
      for (const stamp of message.stamps) fold(hash, stamp);
      return;
    case "wound":
      fold(hash, 14);
      fold(hash, message.gid);
      return fold(hash, message.by);
  }
}

function foldGeneration(hash: TraceHash, { number, members, configured }: Generation): void {
  fold(hash, number);
  fold(hash, members);
  fold(hash, configured);
}

function foldRequest(hash: TraceHash, request: Request): void {
  switch (request.type) {
    case "begin":
      fold(hash, 1);
      return fold(hash, request.age);
    case "execute": {
      const { statement } = request;
      fold(hash, 2);
      fold(hash, statement.type.length);
      if (statement.type === "update" || statement.type === "delete") foldValue(hash, statement.key);
      else if (statement.type === "insert") foldRow(hash, statement.row);
      else if (statement.type !== "select") foldText(hash, JSON.stringify(statement));
      return;
    }
    case "commit":
      return fold(hash, 3);
    case "rollback":
      return fold(hash, 4);
    case "disconnect":
      return fold(hash, 5);
  }
}

function foldReply(hash: TraceHash, reply: DatabaseReply): void {
  switch (reply.type) {
    case "begun":
      fold(hash, 1);
      return fold(hash, reply.session);
    case "executed":
      fold(hash, 2);
      fold(hash, reply.session);
      return foldResult(hash, reply.result);
    case "failed":
      fold(hash, 3);
      fold(hash, reply.session);
      return foldText(hash, reply.error.code);
    case "committed":
      fold(hash, 4);
      return fold(hash, reply.session);
    case "rolledBack":
      fold(hash, 5);
      return fold(hash, reply.session);
    case "applied":
      fold(hash, 6);
      return fold(hash, reply.gid);
    case "prepared":
      fold(hash, 7);
      return fold(hash, reply.gid);
    case "committedPrepared":
      fold(hash, 8);
      return fold(hash, reply.gid);
    case "rolledBackPrepared":
      fold(hash, 9);
      return fold(hash, reply.gid);
    case "logged":
      fold(hash, 11);
      fold(hash, reply.lsn);
      return foldLogical(hash, reply.message);
    case "slotCreated":
      fold(hash, 12);
      fold(hash, reply.lsn);
      return fold(hash, reply.peer);
    case "waits":
      fold(hash, 10);
      for (const { waiter, holder } of reply.edges) {
        fold(hash, waiter);
        fold(hash, holder);
      }
      return;
  }
}

function foldResult(hash: TraceHash, result: StatementResult): void {
  fold(hash, result.count);
  fold(hash, result.replaced);
  fold(hash, result.snapshot.csn);
  for (const version of result.versions) fold(hash, version);
  // A value of a sequence: a row of no version.
  if (result.versions.length === 0) for (const row of result.rows) foldRow(hash, row);
}

function foldLogical(hash: TraceHash, message: LogicalMessage): void {
  if (message.kind === "parallel safe") return foldGeneration(hash, message.generation);
  for (const gid of message.holds) fold(hash, gid);
}

function foldChange(hash: TraceHash, change: StreamChange): void {
  fold(hash, change.lsn);
  switch (change.kind) {
    case "prepared":
      return foldWriteSet(hash, change);
    case "committed":
    case "rolled back":
      fold(hash, change.kind === "committed" ? 1 : 2);
      fold(hash, change.gid);
      fold(hash, change.copy ? 1 : 0);
      return fold(hash, change.csn);
    case "message":
      return foldLogical(hash, change.message);
    case "position":
      return fold(hash, change.asked);
  }
}

function foldWriteSet(hash: TraceHash, change: PreparedChange): void {
  fold(hash, change.label.gid);
  fold(hash, change.label.stamp);
  for (const each of change.rows) foldWrite(hash, each);
  fold(hash, change.locks.length);
}

function foldWrite(hash: TraceHash, change: Change): void {
  if (change.kind === "sequence") {
    foldText(hash, change.sequence);
    return fold(hash, change.value);
  }
  if (change.kind === "ddl") return foldText(hash, JSON.stringify(change));
  foldValue(hash, change.key);
  fold(hash, change.base);
  if (change.row !== null) foldRow(hash, change.row);
}

function foldRow(hash: TraceHash, row: Row): void {
  for (const value of row) foldValue(hash, value);
}

function foldValue(hash: TraceHash, value: Value): void {
  if (typeof value === "number") fold(hash, value);
  else if (value !== null) foldText(hash, value);
}
