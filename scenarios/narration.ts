/** Inputs and effects in words: one line each, as they stand in traces, golden transcripts and reports. */
import type { Answer, Request } from "../protocol/client.ts";
import type {
  DatabaseCommand,
  DatabaseReply,
  DefinitionStatement,
  Locker,
  LogicalMessage,
  Statement,
  StreamChange,
} from "../protocol/database.ts";
import { isDefinition } from "../protocol/ddl.ts";
import type { Effect, Note } from "../protocol/effects.ts";
import { showGid } from "../protocol/gid.ts";
import type { Input } from "../protocol/inputs.ts";
import { toList } from "../protocol/members.ts";
import type { Generation } from "../protocol/membership/generation.ts";
import { ballotOf, type Message, makeTerm, type Term } from "../protocol/messages.ts";
import type { DurableRecord } from "../protocol/records.ts";

export function describeInput(input: Input): string {
  switch (input.type) {
    case "started":
      return `started with ${input.prepared.length} prepared, ${input.records.length} records, ${input.outcomes.length} outcomes`;
    case "message":
      return `from ${input.from}: ${describeMessage(input.message)}`;
    case "timer":
      return `timer ${input.timer}`;
    case "request":
      return `client ${input.session}: ${describeRequest(input.request)}`;
    case "database":
      return `database: ${describeReply(input.reply)}`;
    case "change":
      return `stream of ${input.from}: ${describeChange(input.change)}, at ${input.change.lsn}`;
    case "streamBroken":
      return `stream of ${input.from} broke`;
    case "order":
      return input.order.kind === "join"
        ? "order: join the cluster"
        : `order: remove nodes ${toList(input.order.nodes).join(", ")}`;
  }
}

export function describeEffect(effect: Effect): string {
  switch (effect.type) {
    case "send":
      return `send to ${effect.to}: ${describeMessage(effect.message)}`;
    case "setTimer":
      return `set timer ${effect.timer} in ${effect.afterUs} us`;
    case "cancelTimer":
      return `cancel timer ${effect.timer}`;
    case "persist":
      return `${effect.forced ? "force" : "write"} ${describeRecord(effect.record)}`;
    case "forgetRecords":
      return `forget records of node ${effect.coordinator} below ${showGid(effect.below)}`;
    case "database":
      return `database: ${describeCommand(effect.command)}`;
    case "openStream":
      return `open stream of ${effect.from}${effect.mode === "own" ? "" : ", all origins"}`;
    case "closeStream":
      return `close stream of ${effect.from}`;
    case "probeStream":
      return `ask node ${effect.from} how far its WAL is`;
    case "confirmStream":
      return `confirm stream of ${effect.from} to ${effect.lsn}`;
    case "copyDatabase":
      return `copy the database of node ${effect.from}`;
    case "answer":
      return `answer client ${effect.session}: ${describeAnswer(effect.answer)}`;
    case "note":
      return `note: ${describeNote(effect.note)}`;
  }
}

export function describeChange(change: StreamChange): string {
  switch (change.kind) {
    case "prepared":
      return `PREPARE ${showGid(change.label.gid)}, ${change.rows.length} rows`;
    case "committed":
      return `COMMIT PREPARED ${showGid(change.gid)}, CSN ${change.csn}`;
    case "rolled back":
      return `ROLLBACK PREPARED ${showGid(change.gid)}`;
    case "message":
      return describeLogical(change.message);
    case "position":
      return "end";
  }
}

export function showGeneration({ number, members }: Pick<Generation, "number" | "members">): string {
  return `generation ${number} of nodes ${toList(members).join(", ") || "-"}`;
}

function describeLogical(message: LogicalMessage): string {
  if (message.kind === "syncpoint") return "syncpoint";
  return `online in ${showGeneration(message.generation)}`;
}

export function describeMessage(message: Message): string {
  switch (message.type) {
    case "heartbeat":
      return `heartbeat, finished below ${showGid(message.finishedBelow)}, in generation ${message.generation.number}`;
    case "candidacy":
      return `candidacy for ${showGeneration(message.generation)}`;
    case "election vote":
      return `${message.granted ? "vote" : "no vote"} for ${showGeneration(message)}, online in ${message.lastOnlineIn}`;
    case "vote":
      return `vote ${showGid(message.gid)}, stamp ${message.stamp}`;
    case "refusal":
    case "abort":
      return `${message.type} ${showGid(message.gid)}, ${message.reason.rule}`;
    case "precommit":
      return `precommit ${showGid(message.gid)} in ${showTerm(message.term)}, CSN ${message.csn}`;
    case "preabort":
      return `preabort ${showGid(message.gid)} in ${showTerm(message.term)}`;
    case "ack":
      return `ack ${showGid(message.gid)} in ${showTerm(message.term)}`;
    case "commit":
      return `commit ${showGid(message.gid)}, CSN ${message.csn}`;
    case "finished":
      return `finished ${showGid(message.gid)}`;
    case "inquiry":
      return `inquiry ${showGid(message.gid)}${message.term === 0 ? "" : ` in ${showTerm(message.term)}`}`;
    case "status":
      return `status ${showGid(message.gid)}: ${message.state}${describeAccepted(message.accepted, message.csn)}`;
    case "promise":
      return `promise ${showGid(message.gid)} in ${showTerm(message.term)}, votes ${message.votes.map((vote) => (vote.term === 0 ? "-" : vote.stamp)).join(" ")}`;
    case "accept":
      return `accept ${showGid(message.gid)} in ${showTerm(message.term)}, stamps ${message.stamps.map((stamp) => stamp || "aborted").join(" ")}`;
    case "wound":
      return `wound ${showGid(message.gid)} for ${showGid(message.by)}`;
  }
}

export function showTerm(term: Term): string {
  const ballot = ballotOf(term);
  return `(${ballot}, ${term - makeTerm(ballot, 0)})`;
}

function describeAccepted(term: Term, csn: number): string {
  if (term === 0) return csn === 0 ? "" : `, CSN ${csn}`;
  return `, accepted ${csn === 0 ? "abort" : `commit at ${csn}`} in ${showTerm(term)}`;
}

function describeRequest(request: Request): string {
  switch (request.type) {
    case "begin":
      return `BEGIN ${request.isolation.toUpperCase()}`;
    case "execute":
      return describeStatement(request.statement);
    default:
      return request.type.toUpperCase();
  }
}

export function describeStatement(statement: Statement): string {
  if (isDefinition(statement)) return describeDefinition(statement);
  switch (statement.type) {
    case "select": {
      const keys = statement.keys === "all" ? "" : ` ${statement.keys.join(", ")}`;
      return `SELECT ${statement.table}${keys}${statement.lock === undefined ? "" : ` FOR ${statement.lock.toUpperCase()}`}`;
    }
    case "insert":
      return `INSERT ${statement.table} (${statement.row.join(", ")})`;
    case "update": {
      const set = statement.set.map((item) =>
        "to" in item
          ? `${item.column} = ${item.to}`
          : `${item.column} ${item.add < 0 ? "-" : "+"}= ${Math.abs(item.add)}`,
      );
      return `UPDATE ${statement.table} ${statement.key} SET ${set.join(", ")}`;
    }
    case "delete":
      return `DELETE ${statement.table} ${statement.key}`;
    case "set local":
      return `SET LOCAL ${statement.setting} = ${statement.value}`;
    case "nextval":
      return `SELECT nextval(${statement.sequence})`;
    case "setval":
      return `SELECT setval(${statement.sequence}, ${statement.value}, ${statement.called})`;
  }
}

function describeDefinition(statement: DefinitionStatement): string {
  switch (statement.type) {
    case "create schema":
      return `CREATE SCHEMA ${statement.schema}`;
    case "create table":
      return `CREATE${temporary(statement)} TABLE ${statement.table.name} (${statement.table.columns.join(", ")})`;
    case "create table as": {
      const data = statement.withNoData === true ? " WITH NO DATA" : "";
      return `CREATE${temporary(statement)} TABLE ${statement.table} AS TABLE ${statement.source}${data}`;
    }
    case "add column":
      return `ALTER TABLE ${statement.table} ADD COLUMN ${statement.column} DEFAULT ${statement.default}`;
    case "drop table":
      return `DROP TABLE ${statement.table}`;
    case "create unique index": {
      const how = statement.concurrently === true ? " CONCURRENTLY" : "";
      return `CREATE UNIQUE INDEX${how} ON ${statement.table} (${statement.column})`;
    }
    case "truncate":
      return `TRUNCATE ${statement.table}`;
    case "create sequence":
      return `CREATE SEQUENCE ${statement.sequence}`;
    case "drop sequence":
      return `DROP SEQUENCE ${statement.sequence}`;
    case "make local":
      return `make ${statement.table} local`;
    case "vacuum":
      return `VACUUM ${statement.table}`;
  }
}

function temporary({ temporary: isTemporary }: { readonly temporary?: true }): string {
  return isTemporary === true ? " TEMPORARY" : "";
}

function describeReply(reply: DatabaseReply): string {
  switch (reply.type) {
    case "begun":
      return `begun, session ${reply.session}`;
    case "executed":
      return `executed, session ${reply.session}, ${reply.result.count} rows`;
    case "failed":
      return `failed, ${showLocker(reply.session)}: ${reply.error.code} ${reply.error.message}`;
    case "committed":
      return `committed, session ${reply.session}`;
    case "rolledBack":
      return `rolled back, ${showLocker(reply.session)}`;
    case "applied":
      return `applied ${showGid(reply.gid)}`;
    case "prepared":
      return `prepared ${showGid(reply.gid)}`;
    case "committedPrepared":
      return `COMMIT PREPARED ${showGid(reply.gid)} done`;
    case "rolledBackPrepared":
      return `ROLLBACK PREPARED ${showGid(reply.gid)} done`;
    case "logged":
      return `logged ${describeLogical(reply.message)}, at ${reply.lsn}`;
    case "slotCreated":
      return `slot of node ${reply.peer} is there`;
    case "waits":
      return `waits: ${reply.edges.map(({ waiter, holder }) => `${showLocker(waiter)} for ${showLocker(holder)}`).join(", ") || "none"}`;
  }
}

function describeCommand(command: DatabaseCommand): string {
  switch (command.type) {
    case "begin":
      return `BEGIN, session ${command.session}`;
    case "execute":
      return `${describeStatement(command.statement)}, session ${command.session}${command.snapshot === 0 ? "" : ` at ${command.snapshot}`}`;
    case "commit":
      return `COMMIT, session ${command.session}`;
    case "rollback":
      return `ROLLBACK, ${showLocker(command.session)}`;
    case "prepare":
      return `PREPARE ${showGid(command.label.gid)}, stamp ${command.label.stamp}`;
    case "apply":
      return `apply ${showGid(command.gid)}, ${command.change.rows.length} rows`;
    case "commitPrepared":
      return `COMMIT PREPARED ${showGid(command.gid)}, CSN ${command.csn}`;
    case "alignSequences":
      return `align sequences to node ${command.node}`;
    case "rollbackPrepared":
      return `ROLLBACK PREPARED ${showGid(command.gid)}`;
    case "logMessage":
      return `log ${describeLogical(command.message)}`;
    case "createSlot":
      return `make a slot for node ${command.peer}`;
    case "dropSlot":
      return `drop the slot of node ${command.peer}`;
    case "waits":
      return "who waits for whom";
    case "forgetOutcomes":
      return `forget outcomes of node ${command.coordinator} below ${showGid(command.below)}`;
  }
}

export function describeRecord(record: DurableRecord): string {
  switch (record.kind) {
    case "clock":
      return `clock mark ${record.highWater}`;
    case "sequence":
      return `sequence mark ${record.reserved}`;
    case "finished":
      return `finished mark ${showGid(record.below)} of node ${record.coordinator}`;
    case "membership":
      return `membership: ${showGeneration(record.current)}, online in ${record.lastOnlineIn}, voted for ${record.lastVote.number}${record.safeLogged ? ", marked" : ""}`;
    case "slot":
      return record.seen === null ? `no slot for node ${record.peer}` : `slot for node ${record.peer}`;
    case "decision":
    case "precommit":
      return `${record.kind} ${showGid(record.gid)}, CSN ${record.csn}`;
    case "refused":
      return `refusal ${showGid(record.gid)}`;
    case "e3pc":
      return `acceptor ${showGid(record.gid)}: promised ${showTerm(record.promised)}${describeAccepted(record.accepted, record.csn)}`;
    case "paxos-commit":
      return `acceptor ${showGid(record.gid)}: promised ${showTerm(record.promised)}, votes ${record.votes.map((vote) => (vote.term === 0 ? "-" : vote.stamp)).join(" ")}`;
  }
}

function describeAnswer(answer: Answer): string {
  switch (answer.type) {
    case "committed":
      return answer.gid === 0 ? "committed" : `committed as ${showGid(answer.gid)}, CSN ${answer.csn}`;
    case "aborted":
    case "failed":
      return `${answer.type}: ${answer.error.code} ${answer.error.message}`;
    case "executed":
      return `executed, ${answer.result.count} rows`;
    default:
      return answer.type;
  }
}

export function describeNote(note: Note): string {
  switch (note.about) {
    case "suspected":
      return `node ${note.peer} is suspected`;
    case "heard again":
      return `node ${note.peer} is heard again`;
    case "wounded":
      return `${showGid(note.gid)} gives way to ${showGid(note.by)}`;
    case "campaign":
      return `stands for ${showGeneration({ number: note.generation, members: note.members })}: ${note.why}`;
    case "generation":
      return `is in ${showGeneration({ number: note.generation, members: note.members })}: ${note.why}`;
    case "recovery":
      return `follows node ${note.from} ${note.why}`;
    case "slot":
      return `drops the slot of node ${note.peer}: ${note.why}`;
    default:
      return `${showGid(note.gid)} ${note.about}: ${note.why}`;
  }
}

function showLocker(locker: Locker): string {
  return locker < 0 ? showGid(-locker) : `session ${locker}`;
}
