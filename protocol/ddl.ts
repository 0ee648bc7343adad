/**
 * DDL, replicated by statement.
 *
 * A statement that defines something travels in the write set, in its place among the row changes, and each member runs
 * it again before it votes: where it fails on one, the transaction is aborted on all. What a statement means depends on
 * more than its text, so it travels with its environment, and an applier sets that up first, the search_path last:
 * what is set before it must not be looked up through it (mmts 6.2).
 *
 * Even so a name may mean something else elsewhere: the search_path leads to a schema that another transaction has made
 * visible on one node and not yet on the other, and CREATE TABLE would quietly take the next schema. So the names of
 * what the statement was about at its origin travel too, and an applier that came to others fails.
 *
 * Three sorts of DDL do not travel. Temporary tables are the session's own: a transaction that used nothing else is
 * committed on its node alone, and one that changed replicated tables too is told as soon as it has done both, because
 * its PREPARE could only fail (postgres.md J). What PostgreSQL does not run in a transaction (CREATE INDEX CONCURRENTLY,
 * VACUUM) it refuses there; run outside of one, on each server by hand, it is no transaction's, so no stream carries it
 * and nothing forwards it from node to node (mmts 9.3 bug 31). And deferrable constraints are refused: an applier,
 * which runs in replica role, would not check them at all, and accept what every other node refuses (theory 5.2).
 *
 * A table made local keeps its rows where they are written; its definition goes everywhere (mmts 6.4).
 */
import type {
  DefinitionStatement,
  Environment,
  Setting,
  SettingStatement,
  SqlError,
  Statement,
} from "./database.ts";

/** Of a session that has set nothing. */
export const USUAL_ENVIRONMENT: Environment = { role: "app", settings: [], searchPath: "public" };

/** PostgreSQL's own answer to PREPARE TRANSACTION. */
export const TEMPORARY_OBJECTS: SqlError = {
  code: "0A000",
  message: "cannot PREPARE a transaction that has operated on temporary objects",
};

/** To every statement after one that failed. */
export const TRANSACTION_ABORTED: SqlError = {
  code: "25P02",
  message: "current transaction is aborted, commands ignored until end of transaction block",
};

const DEFERRABLE: SqlError = {
  code: "0A000",
  message: "deferrable constraints are not supported on replicated tables",
};

/** Why a node does not let a client run a statement; null if it does. */
export function whyRefused(statement: Statement): SqlError | null {
  if (statement.type !== "create table" || statement.temporary === true) return null;
  return (statement.deferrable ?? []).length > 0 ? DEFERRABLE : null;
}

export function isDefinition(statement: Statement): statement is DefinitionStatement {
  switch (statement.type) {
    case "select":
    case "insert":
    case "update":
    case "delete":
    case "nextval":
    case "setval":
    case "set local":
      return false;
    default:
      return true;
  }
}

/** The name that a statement of DDL is about, without its schema; null: it is about no table. */
export function tableDefined(statement: DefinitionStatement): string | null {
  if (!("table" in statement)) return null;
  const name = typeof statement.table === "string" ? statement.table : statement.table.name;
  return name.slice(name.indexOf(".") + 1);
}

/** The environment once this is set. */
export function afterSetting(environment: Environment, { setting, value }: Setting): Environment {
  if (setting === "search_path") return { ...environment, searchPath: value };
  if (setting === "role") return { ...environment, role: value };
  const others = environment.settings.filter((other) => other.setting !== setting);
  const settings = [...others, { setting, value }].sort((one, other) =>
    one.setting < other.setting ? -1 : 1,
  );
  return { ...environment, settings };
}

/** How an applier sets an environment up, in this order. */
export function settingStatements({ role, settings, searchPath }: Environment): SettingStatement[] {
  return [{ setting: "role", value: role }, ...settings, { setting: "search_path", value: searchPath }].map(
    (each) => ({ type: "set local", ...each }),
  );
}
