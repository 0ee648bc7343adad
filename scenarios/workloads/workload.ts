/**
 * What a workload is: tables, rows, and client programs over SQL-like sessions.
 *
 * A client program is a state machine over plain data, so that a world can be checkpointed in the middle of it and
 * the same program drives a real session. It is asked for its next action whenever its last one is answered.
 */
import type { Isolation, Row, Statement, StatementResult, TableDefinition } from "../../protocol/database.ts";
import type { NodeId } from "../../protocol/members.ts";
import type { ClientOutcome, Micros } from "../history.ts";
import type { Random } from "../random.ts";

export type ClientEvent =
  /** No transaction is open: at the start, and after a pause. */
  | { readonly type: "ready" }
  | { readonly type: "begun" }
  | { readonly type: "executed"; readonly result: StatementResult }
  /** The transaction is over, whether by its own commit or not. */
  | { readonly type: "ended"; readonly outcome: ClientOutcome };

export type ClientAction =
  | { readonly type: "begin"; readonly isolation: Isolation }
  | { readonly type: "execute"; readonly statement: Statement }
  | { readonly type: "commit" }
  | { readonly type: "rollback" }
  | { readonly type: "pause"; readonly forUs: Micros }
  | { readonly type: "stop" };

/** One client and the place where it runs. Its memory is plain data that only its program changes. */
export interface ClientProgram<Memory> {
  readonly node: NodeId;
  /** What it does, in a word, for people. */
  readonly role: string;
  readonly memory: Memory;
}

export interface Workload<Memory> {
  readonly tables: readonly TableDefinition[];
  readonly sequences?: readonly string[];
  /** The rows that every node starts with, by table. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly clients: readonly ClientProgram<Memory>[];
  next(memory: Memory, event: ClientEvent, random: Random): ClientAction;
}
