/** What a client asks of its node, and what it is told. One request at a time in a session. */
import type { Csn } from "./csn.ts";
import type { Isolation, SqlError, Statement, StatementResult } from "./database.ts";
import type { Gid } from "./gid.ts";
import type { AbortReason } from "./messages.ts";

export type Request =
  /** `age` of an earlier, aborted attempt keeps its place in line, so that it is not starved; else 0. */
  | { readonly type: "begin"; readonly isolation: Isolation; readonly age: Csn }
  | { readonly type: "execute"; readonly statement: Statement }
  | { readonly type: "commit" }
  | { readonly type: "rollback" }
  /** The connection is gone; nothing is answered. */
  | { readonly type: "disconnect" };

export type Answer =
  | { readonly type: "begun"; readonly age: Csn }
  | { readonly type: "executed"; readonly result: StatementResult }
  /** The statement failed and its transaction is aborted; only a rollback is accepted now. */
  | { readonly type: "failed"; readonly error: SqlError }
  /** `gid` and `csn` are 0 if the transaction wrote nothing. */
  | { readonly type: "committed"; readonly gid: Gid; readonly csn: Csn }
  /** A transaction that did not happen, or was not let in; `gid` is 0 if it had none yet. `error` says the same in words. */
  | {
      readonly type: "aborted";
      readonly gid: Gid;
      readonly reason: AbortReason;
      readonly error: SqlError;
    }
  | { readonly type: "rolledBack" };
