/**
 * The history: what clients asked, when, and what they were told.
 *
 * A world keeps one TransactionRecord for each transaction that a client began. It holds what the client saw, and
 * beside it the white-box labels (gid, CSN, versions read) that let a check decide in linear time what would
 * otherwise take a search (theory 4.2, 4.4).
 */
import type { Csn } from "../protocol/csn.ts";
import type { Isolation, RowStatement, SqlError, Statement, StatementResult } from "../protocol/database.ts";
import type { Gid } from "../protocol/gid.ts";
import type { NodeId } from "../protocol/members.ts";

/** Virtual (or real) time of the world, in microseconds, as an integer. No node can read it. */
export type Micros = number;

/**
 * What the client knows of its transaction. `unknown`: the answer to COMMIT was lost, so it may have committed
 * or not, or still will: the client may not assume either.
 */
export type ClientOutcome = "open" | "committed" | "aborted" | "unknown";

export interface Operation<Asked extends Statement = Statement> {
  readonly statement: Asked;
  readonly invokedAt: Micros;
  completedAt: Micros;
  /** Null while it runs, and for ever if it failed or its connection broke. */
  result: StatementResult | null;
  error: SqlError | null;
}

export interface TransactionRecord<Asked extends Statement = Statement> {
  /** Position in the history. */
  readonly id: number;
  /** A session is one client at one node; its transactions follow one another. */
  readonly session: number;
  readonly node: NodeId;
  readonly isolation: Isolation;
  readonly beganAt: Micros;
  readonly operations: Operation<Asked>[];
  /** When COMMIT or ROLLBACK was asked; -1 before. */
  endingAt: Micros;
  /** When the client had its last answer, or saw its connection break; -1 before. */
  endedAt: Micros;
  outcome: ClientOutcome;
  /** Of a transaction that wrote, from its PREPARE on, whether or not its client has heard of it; else 0. */
  gid: Gid;
  /** Of a committed transaction that wrote; else 0. */
  csn: Csn;
  /** Why it was aborted; null otherwise. */
  error: SqlError | null;
}

export interface History<Asked extends Statement = Statement> {
  readonly transactions: TransactionRecord<Asked>[];
}

/** A history of which only the reads and writes of rows are left: what isolation is judged by. */
export type RowHistory = History<RowStatement>;
export type RowTransaction = TransactionRecord<RowStatement>;
export type RowOperation = Operation<RowStatement>;
