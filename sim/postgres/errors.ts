/** What the server answers to a statement that it cannot carry out: SQLSTATE and message as PostgreSQL words them. */
import type { Key, SqlError } from "../../protocol/database.ts";
import { type Gid, showGid } from "../../protocol/gid.ts";
import type { Reference } from "./state.ts";

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

export const NO_SCHEMA: SqlError = {
  code: "3F000",
  message: "no schema has been selected to create in",
};

export function duplicateRelation(name: string): SqlError {
  return { code: "42P07", message: `relation "${name}" already exists` };
}

export function duplicateSchema(name: string): SqlError {
  return { code: "42P06", message: `schema "${name}" already exists` };
}

export function duplicateColumn(table: string, column: string): SqlError {
  return { code: "42701", message: `column "${column}" of relation "${table}" already exists` };
}

export function noTableToDrop(kind: string, name: string): SqlError {
  return { code: "42P01", message: `${kind} "${name}" does not exist` };
}

export function notOwner(table: string): SqlError {
  return { code: "42501", message: `must be owner of table ${table}` };
}

export function hasDependents(table: string): SqlError {
  return { code: "2BP01", message: `cannot drop table ${table} because other objects depend on it` };
}

export function isReferenced(): SqlError {
  return { code: "0A000", message: "cannot truncate a table referenced in a foreign key constraint" };
}

export function temporaryReference(temporary: boolean): SqlError {
  const kind = temporary ? "temporary" : "permanent";
  return { code: "42P16", message: `constraints on ${kind} tables may reference only ${kind} tables` };
}

export function cannotBuildIndex(index: string): SqlError {
  return { code: "23505", message: `could not create unique index "${index}"` };
}

export function cannotRunInTransaction(command: string): SqlError {
  return { code: "25001", message: `${command} cannot run inside a transaction block` };
}

export function tooManyValues(): SqlError {
  return { code: "42601", message: "INSERT has more expressions than target columns" };
}

export function noColumn(table: string, column: string): SqlError {
  return { code: "42703", message: `column "${column}" of relation "${table}" does not exist` };
}

/** An applied statement came to other objects than at its origin. The applier's own, as LS001. */
export function otherObjects(expected: readonly string[], found: readonly string[]): SqlError {
  return { code: "LS002", message: `expected ${expected.join(", ")}, found ${found.join(", ")}` };
}

/** An applied change met another row than the origin overwrote (theory 5.2, I-MISS). Not PostgreSQL's: the applier's. */
export function wrongVersion(table: string, key: Key, expected: string, found: string): SqlError {
  return { code: "LS001", message: `${table} ${JSON.stringify(key)}: expected ${expected}, found ${found}` };
}
