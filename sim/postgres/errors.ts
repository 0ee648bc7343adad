/** What the server answers to a statement that it cannot carry out: SQLSTATE and message as PostgreSQL words them. */
import type { Key, SqlError } from "../../protocol/database.ts";
import { type Gid, showGid } from "../../protocol/gid.ts";
import type { Reference } from "./state.ts";

export const TRANSACTION_ABORTED: SqlError = {
  code: "25P02",
  message: "current transaction is aborted, commands ignored until end of transaction block",
};

export const LOCK_TIMEOUT: SqlError = { code: "55P03", message: "canceling statement due to lock timeout" };

export const DEADLOCK: SqlError = { code: "40P01", message: "deadlock detected" };

export const CONCURRENT_UPDATE: SqlError = {
  code: "40001",
  message: "could not serialize access due to concurrent update",
};

export const CONCURRENT_DELETE: SqlError = {
  code: "40001",
  message: "could not serialize access due to concurrent delete",
};

export const SNAPSHOT_TOO_OLD: SqlError = { code: "72000", message: "snapshot too old" };

export function duplicateGid(gid: Gid): SqlError {
  return { code: "42710", message: `transaction identifier "${showGid(gid)}" is already in use` };
}

export function duplicateKey(constraint: string): SqlError {
  return { code: "23505", message: `duplicate key value violates unique constraint "${constraint}"` };
}

export function missingParent(reference: Reference): SqlError {
  const { child, constraint } = reference;
  return {
    code: "23503",
    message: `insert or update on table "${child}" violates foreign key constraint "${constraint}"`,
  };
}

export function hasChildren(reference: Reference): SqlError {
  const { child, parent, constraint } = reference;
  return {
    code: "23503",
    message: `update or delete on table "${parent}" violates foreign key constraint "${constraint}" on table "${child}"`,
  };
}

export function nullKey(table: string, column: string): SqlError {
  return {
    code: "23502",
    message: `null value in column "${column}" of relation "${table}" violates not-null constraint`,
  };
}

export function noTable(table: string): SqlError {
  return { code: "42P01", message: `relation "${table}" does not exist` };
}

export function noColumn(table: string, column: string): SqlError {
  return { code: "42703", message: `column "${column}" of relation "${table}" does not exist` };
}

/** An applied change met another row than the origin overwrote (theory 5.2, I-MISS). Not PostgreSQL's: the applier's. */
export function wrongVersion(table: string, key: Key, expected: string, found: string): SqlError {
  return { code: "LS001", message: `${table} ${JSON.stringify(key)}: expected ${expected}, found ${found}` };
}
