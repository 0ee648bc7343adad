/**
 * The local database port: everything that a node may ask of its PostgreSQL, and everything that it may be told.
 *
 * Each command is one that an untouched PostgreSQL 15 to 18 can carry out (the SQL stands beside it), with one
 * exception that its comment names. `sim/postgres` models exactly these; `pg/` does them for real.
 *
 * Commands of one session are carried out one after another; each gets exactly one reply, except where it says so.
 */
import type { Csn } from "./csn.ts";
import type { Gid } from "./gid.ts";
import { contains, type NodeId, type NodeSet } from "./members.ts";
import type { Generation } from "./membership/generation.ts";

/** A database session: a positive number of a client's own, or `applySession(gid)`. */
export type SessionId = number;

/** The session in which the row changes of a remote transaction are applied. */
export function applySession(gid: Gid): SessionId {
  return -gid;
}

/** The gid that a session applies, or 0 for a client's own session. */
export function gidOfSession(session: SessionId): Gid {
  return session < 0 ? -session : 0;
}

export type Isolation = "read committed" | "repeatable read";

/** Row locks, weakest first; their conflicts are PostgreSQL's (documentation, "Row-Level Locks"). */
export type RowLockMode = "key share" | "share" | "no key update" | "update";

export type Value = number | string | null;
export type Key = number | string;
/** Values in the order of the table's columns. */
export type Row = readonly Value[];

export interface TableDefinition {
  readonly name: string;
  readonly columns: readonly string[];
  /** Primary key, one column, which an UPDATE does not change. Null: none; rows are then told apart by all they hold. */
  readonly key: string | null;
  readonly unique?: readonly string[];
  readonly references?: readonly ForeignKey[];
}

/** Position of the primary key among the columns; -1: there is none. */
export function keyColumnOf({ columns, key }: TableDefinition): number {
  return key === null ? -1 : columns.indexOf(key);
}

/** ON DELETE and ON UPDATE NO ACTION, not deferrable. */
export interface ForeignKey {
  readonly column: string;
  readonly table: string;
}

/** The SQL that scenarios speak, as data; `pg/` renders it as text. */
export type Statement = RowStatement | SequenceStatement | DefinitionStatement | SettingStatement;

/**
 * What reads and writes rows. In a table without a primary key, a key stands for the value of the first column, and a
 * write touches one row that has it (WHERE ctid = (SELECT min(ctid) ...)). A row shorter than the table is filled up
 * with defaults.
 */
export type RowStatement =
  | {
      readonly type: "select";
      readonly table: string;
      readonly keys: readonly Key[] | "all";
      readonly lock?: RowLockMode;
    }
  | { readonly type: "insert"; readonly table: string; readonly row: Row }
  | {
      readonly type: "update";
      readonly table: string;
      readonly key: Key;
      readonly set: readonly Assignment[];
    }
  | { readonly type: "delete"; readonly table: string; readonly key: Key };

/** Each returns one row with one value. */
export type SequenceStatement =
  /** SELECT nextval(...); `announced`: the value goes out with the write set, by pg_logical_emit_message. */
  | { readonly type: "nextval"; readonly sequence: string; readonly announced?: true }
  /**
   * SELECT setval(sequence, value, called), which goes out with the write set likewise. `raises`: with
   * greatest(value, what the sequence would give next) in place of the value.
   */
  | {
      readonly type: "setval";
      readonly sequence: string;
      readonly value: number;
      readonly called: boolean;
      readonly raises?: true;
    };

/** DDL. Names are looked up in the search_path, unless they name their schema: "drafts.items". */
export type DefinitionStatement =
  | { readonly type: "create schema"; readonly schema: string }
  | {
      readonly type: "create table";
      readonly table: TableDefinition;
      readonly temporary?: true;
      /** Columns of UNIQUE ... DEFERRABLE constraints. */
      readonly deferrable?: readonly string[];
    }
  /** CREATE TABLE ... AS SELECT * FROM source [WITH NO DATA]: no primary key, no constraints. */
  | {
      readonly type: "create table as";
      readonly table: string;
      readonly source: string;
      readonly temporary?: true;
      readonly withNoData?: true;
    }
  | {
      readonly type: "add column";
      readonly table: string;
      readonly column: string;
      readonly default: Value;
    }
  | { readonly type: "drop table"; readonly table: string }
  | {
      readonly type: "create unique index";
      readonly table: string;
      readonly column: string;
      readonly concurrently?: true;
    }
  | { readonly type: "truncate"; readonly table: string }
  | { readonly type: "create sequence"; readonly sequence: string }
  | { readonly type: "drop sequence"; readonly sequence: string }
  /** SELECT lockstep.make_table_local(table): its rows stay on each node, from now on and under this name for ever. */
  | { readonly type: "make local"; readonly table: string }
  | { readonly type: "vacuum"; readonly table: string };

/** SET LOCAL. search_path: schemas, separated by commas; role: SET LOCAL ROLE. */
export interface SettingStatement {
  readonly type: "set local";
  readonly setting: string;
  readonly value: string;
}

/** All that the meaning of a statement depends on, beside its text. */
export interface Environment {
  readonly role: string;
  /** In order of name, without role and search_path. */
  readonly settings: readonly Setting[];
  readonly searchPath: string;
}

export interface Setting {
  readonly setting: string;
  readonly value: string;
}

/** `column = to`, or `column = column + add`. */
export type Assignment =
  | { readonly column: string; readonly to: Value }
  | { readonly column: string; readonly add: number };

/** Stands for the gid of a transaction that has none yet: its own writes, as it sees them. */
export const OWN_WRITE: Gid = -1;

/** Rows in order of key; a write returns no rows. */
export interface StatementResult {
  readonly rows: readonly Row[];
  /** For each row read, the gid of the transaction that wrote this version; OWN_WRITE for the reader's own. */
  readonly versions: readonly Gid[];
  /** Rows read or changed. */
  readonly count: number;
  /** For a write that changed a row, the gid that wrote the version it replaced (0: none, or the initial load; OWN_WRITE). */
  readonly replaced: Gid;
  /** What the statement's snapshot holds. */
  readonly snapshot: SnapshotLabel;
}

/** Which commits a snapshot holds, in the two ways in which a check may ask (theory 4.2). */
export interface SnapshotLabel {
  /** Largest CSN that is visible; under CSN visibility, the snapshot's own timestamp. */
  readonly csn: Csn;
  /** Number of replicated commits visible. */
  readonly count: number;
}

/** SQLSTATE and message, as PostgreSQL words them. */
export interface SqlError {
  readonly code: string;
  readonly message: string;
}

/**
 * What PREPARE TRANSACTION makes durable beside the transaction. On a real server it is the gid's text, so it
 * survives a crash, is listed in pg_prepared_xacts, and travels in the replication stream with the write set.
 */
export interface PrepareLabel {
  readonly gid: Gid;
  readonly generation: number;
  readonly members: NodeSet;
  /** The nodes of the cluster when the generation was elected: the acceptors of the commit protocol. */
  readonly configured: NodeSet;
  /** Prepared here from a donor's stream: a copy, which is no vote. */
  readonly recovered: boolean;
  /** Time of the transaction's begin at its coordinator: who is older wins a deadlock. */
  readonly age: Csn;
  /** The coordinator's prepare stamp. */
  readonly coordinatorStamp: Csn;
  /** This node's prepare stamp, of a copy the donor's; at the coordinator, the same as `coordinatorStamp`. */
  readonly stamp: Csn;
}

/** Whether what the node has prepared is no vote of its: it came from a donor's stream, or with a donor's database. */
export function isCopy({ recovered, members }: PrepareLabel, node: NodeId): boolean {
  return recovered || !contains(members, node);
}

/** One row of a write set, as logical decoding delivers it with REPLICA IDENTITY FULL. */
export interface RowChange {
  readonly kind: "insert" | "update" | "delete";
  readonly table: string;
  readonly key: Key;
  /** The new row; null for a delete. */
  readonly row: Row | null;
  /** The gid that wrote the version overwritten at the origin: every replica must replace the same one. */
  readonly base: Gid;
  /** The row before an update or delete, where there is no primary key to find it by. */
  readonly old?: Row;
}

/**
 * DDL goes by statement: a logical message, emitted by an event trigger at its start (postgres.md E). Of what it does
 * to rows and catalogs nothing is streamed, except the rows of CREATE TABLE AS, which peers therefore run WITH NO DATA.
 */
export interface DefinitionChange {
  readonly kind: "ddl";
  readonly statement: DefinitionStatement;
  readonly environment: Environment;
  /** The whole names of all that the statement was about at its origin, in the order in which it locked them (pg_locks). */
  readonly objects: readonly string[];
}

/** A sequence has given, or was set to, this value: what others draw from now on is greater. */
export interface SequenceChange {
  readonly kind: "sequence";
  readonly sequence: string;
  readonly value: number;
}

/** One thing that a transaction did, as it travels in the stream: in the order in which it was done. */
export type Change = RowChange | SequenceChange | DefinitionChange;

/** A row lock that the transaction holds without having changed the row. */
export interface RowLock {
  readonly table: string;
  readonly key: Key;
  readonly mode: RowLockMode;
  /** What the row holds, where there is no primary key to find it by. */
  readonly row?: Row;
}

/** "own": what the server's own clients prepared; "all": everything in its WAL, whatever its origin. */
export type StreamMode = "own" | "all";

/** What a replication stream delivers, in the order of the server's WAL; in mode "own" only PREPAREs. */
export type StreamChange = PreparedChange | FinishedChange | LoggedChange | PositionChange;

/**
 * What travels on a replication connection: of a transaction too large for the server's decoding memory, pieces ahead
 * of its PREPARE, and the rest with it. The host puts them together (pgoutput: S..E, A, p); no node sees them.
 */
export type StreamPart =
  | StreamChange
  | { readonly kind: "piece"; readonly xid: number; readonly rows: readonly Change[] }
  /** It came to nothing before it was prepared. */
  | { readonly kind: "piece aborted"; readonly xid: number }
  /** `change` holds the rows that no piece had. */
  | { readonly kind: "last piece"; readonly xid: number; readonly change: PreparedChange };

/** COMMIT PREPARED or ROLLBACK PREPARED, at the end of its record. */
export interface FinishedChange {
  readonly kind: "committed" | "rolled back";
  readonly lsn: number;
  readonly gid: Gid;
  /** 0 of one that was rolled back. */
  readonly csn: Csn;
  /** Whether it was a copy there: then a rollback may only mean that the server followed another donor. */
  readonly copy: boolean;
}

/** A logical message (pg_logical_emit_message, not transactional). */
export interface LoggedChange {
  readonly kind: "message";
  readonly lsn: number;
  readonly message: LogicalMessage;
}

/** The server has sent all that was durable when it was asked (a keepalive). */
export interface PositionChange {
  readonly kind: "position";
  readonly lsn: number;
  readonly asked: number;
}

export type LogicalMessage =
  /** Its writer is online in this generation: every PREPARE of an older one lies before (mmts 4.3). */
  | { readonly kind: "parallel safe"; readonly generation: Generation; readonly donors: NodeSet }
  /** By node: every transaction of that coordinator below was finished at the writer before. */
  | { readonly kind: "syncpoint"; readonly holds: readonly Gid[] };

/** A transaction as a replication stream delivers it, at its PREPARE. */
export interface PreparedChange {
  readonly kind: "prepared";
  /** Position of the PREPARE record's end in the server's WAL. */
  readonly lsn: number;
  readonly label: PrepareLabel;
  readonly rows: readonly Change[];
  /** FOR SHARE and the like, and the key-share locks on parents of foreign keys (theory 5.3 "Beyond rows"). */
  readonly locks: readonly RowLock[];
}

export type DatabaseCommand =
  /** BEGIN ISOLATION LEVEL ...; the snapshot is taken by the first statement. */
  | { readonly type: "begin"; readonly session: SessionId; readonly isolation: Isolation }
  /**
   * Any statement. `snapshot` is a CSN to read at, and 0 on a stock server: reading at a CSN needs patched
   * visibility (theory 1.6), the one thing here that an untouched server cannot do.
   */
  | {
      readonly type: "execute";
      readonly session: SessionId;
      readonly statement: Statement;
      readonly snapshot: Csn;
    }
  /** COMMIT of a transaction that did nothing that concerns other nodes. */
  | { readonly type: "commit"; readonly session: SessionId }
  /** ROLLBACK, or pg_terminate_backend where the session is busy or waits; the open statement gets no reply. */
  | { readonly type: "rollback"; readonly session: SessionId }
  /** PREPARE TRANSACTION; the session is free afterwards. */
  | { readonly type: "prepare"; readonly session: SessionId; readonly label: PrepareLabel }
  /** BEGIN, then the row changes of a remote transaction one by one, under its replication origin. */
  | { readonly type: "apply"; readonly gid: Gid; readonly change: PreparedChange }
  /** COMMIT PREPARED; `csn` becomes the commit timestamp (pg_replication_origin_xact_setup). */
  | { readonly type: "commitPrepared"; readonly gid: Gid; readonly csn: Csn }
  | { readonly type: "rollbackPrepared"; readonly gid: Gid }
  /** pg_logical_emit_message(false, ...), and a flush. */
  | { readonly type: "logMessage"; readonly message: LogicalMessage }
  /** pg_create_logical_replication_slot, for a node that is to be added; it may be there already. */
  | { readonly type: "createSlot"; readonly peer: NodeId }
  /** pg_drop_replication_slot: the WAL is not kept for the peer any more. There is no reply. */
  | { readonly type: "dropSlot"; readonly peer: NodeId }
  /** pg_locks, pg_blocking_pids and pg_prepared_xacts: who waits for whom, for at least `longerThanUs`. */
  | { readonly type: "waits"; readonly longerThanUs: number }
  /**
   * DELETE FROM the table of outcomes, and in the same transaction the mark `below` in its place: what is gone can
   * still be told from what never was. No reply.
   */
  | { readonly type: "forgetOutcomes"; readonly coordinator: NodeId; readonly below: Gid }
  /**
   * ALTER SEQUENCE ... INCREMENT BY STRIDE RESTART WITH ..., for each sequence that does not keep to the node's class
   * (sequences.ts), and behind every CREATE SEQUENCE from now on, in its transaction. No reply.
   */
  | { readonly type: "alignSequences"; readonly node: NodeId };

export type DatabaseReply =
  | { readonly type: "begun"; readonly session: SessionId }
  | {
      readonly type: "executed";
      readonly session: SessionId;
      readonly result: StatementResult;
      /** Whether the transaction did anything that concerns other nodes: wrote or locked a row, moved a sequence. */
      readonly wrote: boolean;
      /** Whether it has touched a temporary table, after which PREPARE would fail. */
      readonly temporary?: true;
    }
  /** The statement, the apply or the PREPARE failed; the session's transaction is rolled back or can only be. */
  | { readonly type: "failed"; readonly session: SessionId; readonly error: SqlError }
  | { readonly type: "committed"; readonly session: SessionId }
  | { readonly type: "rolledBack"; readonly session: SessionId }
  | { readonly type: "applied"; readonly gid: Gid }
  /** Durable, with its label. */
  | { readonly type: "prepared"; readonly gid: Gid }
  /** Durable and visible. */
  | { readonly type: "committedPrepared"; readonly gid: Gid }
  | { readonly type: "rolledBackPrepared"; readonly gid: Gid }
  /** It begins at this LSN, or began there before. */
  | { readonly type: "slotCreated"; readonly peer: NodeId; readonly lsn: number }
  /** Durable; where its record ends. */
  | { readonly type: "logged"; readonly message: LogicalMessage; readonly lsn: number }
  | { readonly type: "waits"; readonly edges: readonly WaitEdge[] };

/** One waits for a lock that the other holds, or stands before it in the queue for. */
export interface WaitEdge {
  readonly waiter: Locker;
  readonly holder: Locker;
}

/** Who holds or wants a lock: a client's session, or minus the gid of an applying or prepared transaction. */
export type Locker = number;

/** Every transaction of this coordinator below this gid was finished on every member. */
export interface FinishedMark {
  readonly coordinator: NodeId;
  readonly below: Gid;
}

/** What the label of a base backup says. */
export interface CopyLabel {
  /** Whose database it was, */
  readonly from: NodeId;
  /** how far into that one's WAL, */
  readonly lsn: number;
  /** and its clock's high-water mark: every CSN in the copy is below. */
  readonly highWater: Csn;
}

/** What a transaction's outcome row says after its COMMIT PREPARED, until it is forgotten. */
export interface CommittedOutcome {
  readonly gid: Gid;
  readonly csn: Csn;
  readonly generation: number;
  readonly members: NodeSet;
  readonly configured: NodeSet;
}
