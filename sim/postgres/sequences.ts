/**
 * Sequences (src/backend/commands/sequence.c). nextval and setval happen at once and for everybody, whatever becomes of
 * their transaction, and are not in the replication stream.
 *
 * Of 33 values in a row only the first writes a record, which says that all of them are given. A crash so skips up to
 * 32 values, and it may give a value again that was told to a client and of which no later record became durable:
 * one that a transaction took along with a write is safe as soon as that is committed.
 */
import type { Change, SequenceStatement, SqlError } from "../../protocol/database.ts";
import { isAligned, nextAligned, STRIDE } from "../../protocol/sequences.ts";
import { noTable } from "./errors.ts";
import { findRelation, relationFor, relationNamed, sequenceIn } from "./relations.ts";
import type { Sequence, Server, ServerHost, Transaction } from "./state.ts";
import { lockTable, ROW_EXCLUSIVE } from "./table-locks.ts";

/** SEQ_LOG_VALS. */
const LOGGED_AHEAD = 32;
const SEQUENCE_RECORD = 104;

/** With the defaults. It was there before the history. */
export function loadSequence(server: Server, name: string): void {
  const sequence = plainSequence();
  relationFor(server, name).current = sequence;
  server.sequences.set(name, sequence);
}

/** CREATE SEQUENCE, with the defaults. */
export function newSequence(server: Server): Sequence {
  const sequence = plainSequence();
  if (server.alignedTo > 0) align(server, sequence);
  return sequence;
}

function plainSequence(): Sequence {
  const fresh = { last: 1, isCalled: false, increment: 1 };
  return { kind: "sequence", ...fresh, ahead: 0, logged: [{ lsn: 0, ...fresh }] };
}

/** @returns the value, the error with which the statement fails, or null: it waits */
export function executeSequence(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  statement: SequenceStatement,
): number | SqlError | null {
  const relation = findRelation(server, tx, statement.sequence);
  if (sequenceIn(relation, tx) === null) return noTable(statement.sequence);
  if (!lockTable(server, host, tx, relation!, ROW_EXCLUSIVE)) return null;
  const sequence = sequenceIn(relation, tx);
  if (sequence === null) return noTable(statement.sequence);
  const { name } = relation!;
  if (statement.type === "nextval") {
    const value = nextValue(server, tx, sequence);
    if (statement.announced) announce(tx, { kind: "sequence", sequence: name, value });
    return value;
  }
  const { value, called } = statement;
  const isBehind = nextOf(sequence) < value;
  if (isBehind || !statement.raises) setValue(server, sequence, value, called);
  announce(tx, { kind: "sequence", sequence: name, value: called ? value : value - 1 });
  return sequence.last;
}

/** Another node has given this value: the next one here is greater. @returns whether that is done; if not, as executeSequence */
export function raiseSequence(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  name: string,
  value: number,
): true | SqlError | null {
  const relation = relationNamed(server, name);
  if (sequenceIn(relation, tx) === null) return noTable(name);
  if (!lockTable(server, host, tx, relation!, ROW_EXCLUSIVE)) return null;
  const sequence = sequenceIn(relation, tx);
  if (sequence === null) return noTable(name);
  if (nextOf(sequence) <= value) setValue(server, sequence, nextAligned(value, server.config.node), false);
  return true;
}

/** ALTER SEQUENCE of all that do not keep to the node's residue class. */
export function alignSequences(server: Server, node: number): void {
  server.alignedTo = node;
  for (const sequence of allSequences(server)) {
    if (sequence.increment !== STRIDE || !isAligned(nextOf(sequence), node)) align(server, sequence);
  }
}

/** What each sequence is after a crash: as its last durable record says. */
export function restoreSequences(server: Server): void {
  server.alignedTo = 0;
  for (const sequence of allSequences(server)) {
    const { logged } = sequence;
    while (logged.length > 1 && logged[logged.length - 1]!.lsn > server.wal.flushed) logged.pop();
    const survived = logged[logged.length - 1]!;
    sequence.last = survived.last;
    sequence.isCalled = survived.isCalled;
    sequence.increment = survived.increment;
    sequence.ahead = 0;
  }
}

/** Those of prepared transactions included. */
function allSequences(server: Server): Sequence[] {
  const all = [...server.sequences.values()];
  for (const { pending } of server.relations.values()) {
    if (pending?.kind === "sequence") all.push(pending);
  }
  return all;
}

function nextValue(server: Server, tx: Transaction, sequence: Sequence): number {
  const value = nextOf(sequence);
  if (sequence.ahead > 0) sequence.ahead -= 1;
  else {
    sequence.ahead = LOGGED_AHEAD;
    log(server, sequence, value + LOGGED_AHEAD * sequence.increment, true);
    // So that COMMIT flushes the record.
    tx.hasXid = true;
  }
  sequence.last = value;
  sequence.isCalled = true;
  return value;
}

function setValue(server: Server, sequence: Sequence, value: number, isCalled: boolean): void {
  sequence.last = value;
  sequence.isCalled = isCalled;
  sequence.ahead = 0;
  log(server, sequence, value, isCalled);
}

function align(server: Server, sequence: Sequence): void {
  sequence.increment = STRIDE;
  const taken = nextOf({ ...sequence, increment: 1 }) - 1;
  setValue(server, sequence, nextAligned(taken, server.alignedTo), false);
}

function nextOf({ last, isCalled, increment }: Sequence): number {
  return isCalled ? last + increment : last;
}

function log(server: Server, sequence: Sequence, last: number, isCalled: boolean): void {
  const { logged, increment } = sequence;
  const { wal } = server;
  wal.written += SEQUENCE_RECORD;
  // Of the durable ones only the last counts.
  while (logged.length > 1 && logged[1]!.lsn <= wal.flushed) logged.shift();
  logged.push({ lsn: wal.written, last, isCalled, increment });
}

/** As a logical message of the transaction, which gives it an xid. */
function announce(tx: Transaction, change: Change): void {
  tx.hasXid = true;
  tx.wrote = true;
  tx.changes.push(change);
}
