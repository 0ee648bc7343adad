/**
 * The plain data of one modelled server. Objects, arrays, Maps and numbers only, so that structuredClone copies a
 * server at any moment; transactions are referred to by number, because a graph of objects that hold each other
 * through locks would be too deep for it.
 */
import type { Csn } from "../../protocol/csn.ts";
import type {
  Change,
  CommittedOutcome,
  CopyLabel,
  DatabaseReply,
  Environment,
  Key,
  Locker,
  LoggedChange,
  PreparedChange,
  PrepareLabel,
  Row,
  SessionId,
  SnapshotLabel,
  Statement,
  StreamChange,
  StreamMode,
  StreamPart,
  TableDefinition,
  Value,
} from "../../protocol/database.ts";
import type { Gid } from "../../protocol/gid.ts";
import type { NodeId, NodeSet } from "../../protocol/members.ts";

export interface ServerConfig {
  readonly node: NodeId;
  /** Every other node that there may be, */
  readonly peers: readonly NodeId[];
  /** and those of them that have a replication slot here from the start. */
  readonly subscribers: NodeSet;
  readonly tables: readonly TableDefinition[];
  readonly sequences: readonly string[];
  /** Reading at a CSN, the switch that a stock server lacks (theory 1.2, 1.6). */
  readonly csnVisibility: boolean;
  /**
   * Only with csnVisibility: how far, in CSN microseconds behind the largest CSN here, a new snapshot may lie. What
   * older snapshots would need is dropped, and they are refused with 72000, as by global_snapshot_defer_time of the
   * postgrespro branch (mmts 2.3). It must exceed clock drift, snapshot age and a command's way together.
   */
  readonly csnRetentionUs: number;
  /** lock_timeout, in microseconds; 0: none. */
  readonly lockTimeoutUs: number;
  /** deadlock_timeout, in microseconds. */
  readonly deadlockTimeoutUs: number;
  /**
   * A slot's confirmed position is saved once it is so many bytes of WAL ahead of the saved one; a crash sets it
   * back to that (postgres.md I). 0: it never goes back.
   */
  readonly slotSaveBytes: number;
  /** logical_decoding_work_mem, in rows: a write set with so many more leaves in pieces. 0: all leave whole. */
  readonly decodingMemoryRows: number;
}

/** What the server asks of the machine that it runs on. */
export interface ServerHost {
  /** The machine's time in microseconds; only for the age of waits. */
  nowUs(): number;
  /** Each command's answer; the host adds the latency. */
  reply(reply: DatabaseReply): void;
  /** `server.wal.written` and all before it must become durable: the host calls walFlushed then. One flush may serve many. */
  requestFlush(): void;
  /** A commit is durable; after a while, when the backend leaves the ProcArray, the host calls finishCommit. */
  scheduleFinish(gid: Gid | 0, session: SessionId): void;
  /** The host calls waitCheck so much later; a check whose wait has ended by then does nothing. */
  scheduleWaitCheck(session: SessionId, waitId: number, kind: WaitCheck, afterUs: number): void;
  /** To the subscriber of the peer's slot, in this order. */
  stream(peer: NodeId, part: StreamPart): void;
  /** Null when no check listens. */
  readonly observe: ServerObserver | null;
}

export type WaitCheck = "deadlock" | "lock timeout";

/** Facts about this server that a check may rely on. */
export interface ServerObserver {
  /** The PREPARE is durable. */
  prepared(label: PrepareLabel, rows: readonly Change[]): void;
  /** The commit is visible: to every snapshot from now on, or with csnVisibility to those at or above the CSN. */
  committed(gid: Gid, csn: Csn): void;
  /** The ROLLBACK PREPARED is durable. */
  rolledBack(gid: Gid): void;
}

export interface Server {
  readonly config: ServerConfig;
  /** The committed tables and sequences, by name: "items", and in other schemas than public "drafts.items". */
  readonly tables: Map<string, Table>;
  readonly sequences: Map<string, Sequence>;
  /** Every name that ever stood for something. */
  readonly relations: Map<string, Relation>;
  /** Whether there ever was a temporary table. */
  hasTemporary: boolean;
  /** The node to whose residue class all sequences keep; 0 until it is told. */
  alignedTo: NodeId;
  /** The open transaction of each session that has one. */
  readonly sessions: Map<SessionId, Transaction>;
  /** From PREPARE being carried out to the end of the transaction, in order of their PREPARE records. */
  readonly prepared: Map<Gid, Transaction>;
  /** Every transaction that may hold or await a lock, by its number; 0 is nobody. */
  readonly transactions: (Transaction | null)[];
  /** Numbers of `transactions` that may be given again. */
  readonly freeNumbers: number[];
  readonly wal: Wal;
  /** Transactions whose last record awaits its flush, in order of LSN. */
  readonly awaitingFlush: Transaction[];
  /**
   * What the next snapshot would see: the number of finished commits, or with csnVisibility the largest finished CSN.
   * Versions and snapshots are numbered on this scale.
   */
  latest: number;
  /** The stock server's label of that snapshot. */
  label: SnapshotLabel;
  /** The snapshots in use, ascending, one entry for each use. */
  readonly openSnapshots: number[];
  /** Largest snapshot ever read at. */
  largestSnapshot: number;
  /** How far behind `latest` a new snapshot may lie: csnRetentionUs, and 0 on a stock server. */
  readonly retention: number;
  /** Snapshots below this may miss versions that were dropped. */
  oldestReadable: number;
  /** Rows that may hold versions, or a place in their table, that nobody needs any more. */
  readonly vacuum: RowSlot[];
  /** Rows with waiters, and something that they may have waited for is gone. */
  readonly toWake: RowSlot[];
  /** Likewise names. */
  readonly relationsToWake: Relation[];
  /** Number of the last wait. */
  lastWait: number;
  /** Whose database it is a copy of; null: nobody's. */
  copied: CopyLabel | null;
  /** What became of each committed transaction, until it is forgotten. */
  readonly outcomes: Map<Gid, CommittedOutcome>;
  /** In place of the outcomes that were forgotten: by coordinator, everything below is finished everywhere. */
  readonly finishedBelow: Map<NodeId, Gid>;
  /** Requests to forget whose DELETE is not yet durable. */
  readonly forgetting: Forgetting[];
  /** Logical messages that are not yet durable. */
  readonly logging: LoggedChange[];
  readonly slots: ReplicationSlot[];
  /** What there is to decode in order of LSN, from the first that some slot may have to send again. */
  readonly retained: Retained[];
  readonly pieces: DuePiece[];
  /** Transactions that came to nothing, of which pieces may have left. */
  readonly abortedXids: number[];
  lastXid: number;
  /** How many of `retained` are durable, and so sent to every open slot. */
  streamed: number;
}

export interface Wal {
  /** End of the last record, in bytes. */
  written: number;
  /** Durable up to here. */
  flushed: number;
}

export interface Sequence {
  readonly kind: "sequence";
  /** The next value is this plus `increment`, or if not `isCalled` this itself. */
  last: number;
  isCalled: boolean;
  increment: number;
  /** How many values may still be given without a record. */
  ahead: number;
  /** Records, from the last durable one on. */
  readonly logged: SequenceRecord[];
}

export interface SequenceRecord {
  readonly lsn: number;
  readonly last: number;
  readonly isCalled: boolean;
  readonly increment: number;
}

export interface Forgetting {
  readonly lsn: number;
  readonly coordinator: NodeId;
  readonly below: Gid;
}

/** A record that may have to be decoded. */
export type Retained = Exclude<StreamChange, PreparedChange> | RetainedPrepare;

export interface RetainedPrepare {
  readonly kind: "prepare";
  readonly lsn: number;
  readonly change: PreparedChange;
  /** Of no other origin. */
  readonly local: boolean;
  /** Of a PREPARE that pieces went ahead of; else 0. */
  readonly xid: number;
}

/** The first so many rows of a transaction's write set, to leave once its WAL is durable. */
export interface DuePiece {
  readonly lsn: number;
  /** The transaction's place in `Server.transactions`. */
  readonly number: number;
  readonly xid: number;
  readonly rows: number;
}

export interface ReplicationSlot {
  readonly peer: NodeId;
  /** Nothing is kept, sent or confirmed unless it is there. */
  exists: boolean;
  mode: StreamMode;
  open: boolean;
  /** The subscriber has dealt with everything up to here. */
  confirmed: number;
  /** What of that survives a crash. */
  saved: number;
  /** By xid: how many rows of a transaction have left on this connection before its PREPARE. */
  readonly sentRows: Map<number, number>;
}

/** A name in a schema: what it stands for, and who holds its lock. */
export interface Relation {
  readonly name: string;
  current: Defined | null;
  /** As the transaction sees it that is defining it anew. */
  pending: Defined | null;
  /** Number of that transaction; 0: none. It also holds the lock. */
  definer: number;
  /** Whether rows of tables of this name stay on their node. */
  isLocal: boolean;
  /** Numbers of transactions, each once; in which modes, they know themselves. */
  readonly holders: number[];
  /** Numbers of the transactions that wait for the lock, first come first. */
  readonly queue: number[];
}

export type Defined = Table | Sequence | Schema;

export interface Schema {
  readonly kind: "schema";
}

export interface HeldLock {
  readonly relation: Relation;
  /** Bit m: mode m of table-locks.ts. */
  modes: number;
}

/** What takes back a change that a transaction made to what it did not create. */
export type Undo =
  | { readonly kind: "column" | "index"; readonly table: Table; readonly definition: TableDefinition }
  | { readonly kind: "child added" | "child removed"; readonly parent: Table; readonly reference: Reference }
  | { readonly kind: "local"; readonly relation: Relation; readonly table: Table };

export interface Table {
  readonly kind: "table";
  definition: TableDefinition;
  readonly name: string;
  readonly owner: string;
  readonly tablespace: string;
  /** Where its rows go: to every node, nowhere, or not beyond this session. */
  persistence: "replicated" | "local" | "temporary";
  /** Of columns that have one, by position. */
  readonly defaults: Map<number, Value>;
  /** Without a primary key, rows are numbered as they come. */
  lastRow: number;
  /** Position of each column. */
  readonly columns: Map<string, number>;
  /** -1: no primary key. */
  readonly keyColumn: number;
  readonly rows: Map<Key, RowSlot>;
  /** The same, ascending by key. */
  readonly ordered: RowSlot[];
  readonly uniques: UniqueIndex[];
  readonly parents: Reference[];
  /** The foreign keys of other tables (or this) that point here. */
  readonly children: Reference[];
}

export interface UniqueIndex {
  readonly column: number;
  readonly constraint: string;
  /** Rows with a committed or uncommitted version that has the value; nulls are not indexed. */
  readonly rows: Map<Value, RowSlot[]>;
}

/** A foreign key, seen from either end. */
export interface Reference {
  readonly child: string;
  readonly column: number;
  readonly parent: string;
  readonly constraint: string;
}

/** All there is of one primary key: its versions and its locks. */
export interface RowSlot {
  readonly table: Table;
  readonly key: Key;
  /** Newest finished version; null before the first. A version without a row is a deletion. */
  current: Version | null;
  /** Finished versions before it that some snapshot may still see, oldest first. */
  readonly older: Version[];
  /** The version of the one unfinished writer. */
  pending: Version | null;
  /** Rows that the writer has put there before, and replaced; only kept for unique indexes. */
  rewritten: Row[] | null;
  /** Number of that writer; 0: none. It also holds the row's lock. */
  writer: number;
  /** Number of a transaction that holds the row's lock; 0: nobody does. */
  holder: number;
  holderMode: number;
  /** Further holders, of modes that do not conflict. */
  sharers: Sharer[] | null;
  /** Numbers of the transactions that wait here, first come first. */
  queue: number[] | null;
  /** Whether it is in `vacuum`. */
  isDusty: boolean;
}

export interface Sharer {
  readonly holder: number;
  mode: number;
}

export interface Version {
  row: Row | null;
  /** Writer; OWN_WRITE while it has no gid yet. */
  gid: Gid;
  /** Visible to snapshots at or above, on the scale of `latest`; NEVER before it is finished. */
  at: number;
  /** What became of the version before it: bits of versions.ts. */
  change: number;
}

/** On the scale of `latest`: after everything. */
export const NEVER: number = Number.MAX_SAFE_INTEGER;

/**
 * running: between statements, or in one. waiting: its statement stands in a row's queue. failed: holds nothing, and
 * takes nothing but its end. The others follow the last command of its life.
 */
export type Phase =
  | "running"
  | "waiting"
  | "failed"
  | "preparing"
  | "prepared"
  | "committing"
  | "finishing"
  | "rolling back";

export interface Transaction {
  /** Its place in `Server.transactions`. */
  readonly number: number;
  readonly session: SessionId;
  /** Whether it keeps one snapshot (REPEATABLE READ). */
  readonly repeatable: boolean;
  phase: Phase;
  /** Of an apply, or from PREPARE on; else 0. */
  gid: Gid;
  /** How `waits` names it. */
  locker: Locker;
  /** PostgreSQL has given it an xid: its end is recorded in the WAL. */
  hasXid: boolean;
  /** It did something that concerns other nodes. */
  wrote: boolean;
  /** It has touched a temporary table. */
  temporary: boolean;
  environment: Environment;
  /** The locks of tables and other names that it holds. */
  readonly tableLocks: HeldLock[];
  /** The names that it is defining anew, */
  readonly defined: Relation[];
  /** and what it did to others. */
  readonly undo: Undo[];
  /** Whether it is in the middle of a command. */
  busy: boolean;
  /** The session was ended while its COMMIT was under way. */
  terminated: boolean;

  /** Snapshot of its statement or, REPEATABLE READ, of the transaction; -1: none yet. */
  snapshot: number;
  snapshotLabel: SnapshotLabel;
  /** Whether `snapshot` is in `openSnapshots`. */
  snapshotIsOpen: boolean;
  /** Snapshot of a foreign-key check that must see the newest rows, in `openSnapshots`; -1: none. */
  checkSnapshot: number;

  /** Every row of which it holds the lock, in the order in which it took them. */
  readonly rows: RowSlot[];
  /** What it changed, in order (a local transaction). */
  changes: Change[];
  /** Its number in the stream, once a piece of it is due; else 0. */
  xid: number;
  /** How many of the changes are in due pieces. */
  streamedRows: number;
  /** Whether one of the changes replaced its own write. */
  rewroteOwn: boolean;

  /** What it is doing, and how far it is: so that a wait can end in the middle. */
  statement: Statement | null;
  change: PreparedChange | null;
  step: number;
  position: number;
  keys: readonly Key[] | null;
  results: Row[] | null;
  versions: Gid[] | null;
  /** The row that the statement is about, once found; null before. */
  target: RowSlot | null;
  /** The row that this statement replaced; null: none. */
  oldRow: Row | null;
  /** Its writer. */
  replaced: Gid;

  waitsFor: RowSlot | null;
  waitsForTable: Relation | null;
  /** A lock mode, or one of the other reasons of locks.ts. */
  waitMode: number;
  /** Who was writing the row when the wait began. */
  waitWriter: number;
  waitId: number;
  waitSince: number;

  label: PrepareLabel | null;
  csn: Csn;
  /** End of its last record. */
  lsn: number;
  /** Snapshots at or above it cannot tell whether they see its writes. NEVER while it runs, and on a stock server. */
  inDoubtFrom: number;
}
