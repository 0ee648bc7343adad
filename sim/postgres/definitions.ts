/**
 * DDL. Each statement locks the names that it is about, in the modes of PostgreSQL's documentation ("Table-Level
 * Locks"), and then does all that it does in one step: so one that has to wait begins again.
 *
 * Two who create one name wait for each other here as on a real server, where the second is told 23505 by the index of
 * pg_type instead of 42P07. An index's own name and its SHARE lock are one lock here, which two creators do not share.
 */
import type { DefinitionStatement, Row, SqlError, TableDefinition } from "../../protocol/database.ts";
import { ProtocolViolation, unreachable } from "../../protocol/violation.ts";
import { giveChild, giveColumn, giveIndex, makeLocal, redefine, takeChild } from "./alterations.ts";
import {
  cannotBuildIndex,
  cannotRunInTransaction,
  duplicateColumn,
  duplicateRelation,
  duplicateSchema,
  hasDependents,
  isReferenced,
  NO_SCHEMA,
  noColumn,
  noTable,
  noTableToDrop,
  notOwner,
  otherObjects,
  temporaryReference,
} from "./errors.ts";
import {
  bareName,
  findRelation,
  isTemporaryName,
  nameForCreation,
  relationFor,
  relationNamed,
  schemaName,
  sequenceIn,
  tableIn,
  temporaryName,
} from "./relations.ts";
import { seeRow } from "./rows.ts";
import { newSequence } from "./sequences.ts";
import type { Reference, Relation, Server, ServerHost, Table, Transaction } from "./state.ts";
import { ACCESS_EXCLUSIVE, ACCESS_SHARE, lockTable, SHARE_ROW_EXCLUSIVE } from "./table-locks.ts";
import { createTable, emptyCopy } from "./tables.ts";
import { failTransaction } from "./transactions.ts";

/** What CREATE TABLE AS has put into its table, or nothing. */
export interface Defined {
  readonly table: Table | null;
  readonly rows: readonly Row[];
}

const NOTHING: Defined = { table: null, rows: [] };
const DEFINITION_RECORD = 500;

/**
 * `expected`: the whole names that it must be about; null if it is a client's.
 * @returns null if the statement waits or has failed
 */
export function define(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  statement: DefinitionStatement,
  expected: readonly string[] | null,
): Defined | null {
  const work: Work = { server, host, tx, objects: [] };
  const done = perform(work, statement);
  if (done === null || tx.phase !== "running") return null;
  if ("code" in done) {
    failTransaction(server, host, tx, done);
    return null;
  }
  if (expected !== null && work.objects.join() !== expected.join()) {
    failTransaction(server, host, tx, otherObjects(expected, work.objects));
    return null;
  }
  tx.hasXid = true;
  server.wal.written += DEFINITION_RECORD;
  if (!isOfSession(work, statement)) record(work, statement);
  return done;
}

interface Work {
  readonly server: Server;
  readonly host: ServerHost;
  readonly tx: Transaction;
  /** The names that it has locked. */
  readonly objects: string[];
}

/** Null: it waits, or has failed. */
type Outcome = Defined | SqlError | null;

function perform(work: Work, statement: DefinitionStatement): Outcome {
  switch (statement.type) {
    case "create schema":
      return createSchema(work, statement.schema);
    case "create table":
      return createNamed(work, statement.table, statement.temporary === true);
    case "create table as":
      return createFrom(work, statement);
    case "add column":
      return alter(work, statement.table, ACCESS_EXCLUSIVE, (table) => {
        if (table.columns.has(statement.column)) return duplicateColumn(table.name, statement.column);
        giveColumn(work.tx, table, statement.column, statement.default);
        return NOTHING;
      });
    case "create unique index":
      if (statement.concurrently) return cannotRunInTransaction("CREATE INDEX CONCURRENTLY");
      return alter(work, statement.table, SHARE_ROW_EXCLUSIVE, (table) => {
        return createIndex(work, table, statement.column);
      });
    case "truncate":
      return alter(work, statement.table, ACCESS_EXCLUSIVE, (table, relation) => {
        if (table.children.some(({ child }) => child !== table.name)) return isReferenced();
        redefine(work.tx, relation, emptyCopy(table));
        return NOTHING;
      });
    case "drop table":
      return dropTable(work, statement.table);
    case "create sequence":
      return create(work, nameForCreation(work.server, work.tx, statement.sequence), (relation) => {
        redefine(work.tx, relation, newSequence(work.server));
        return NOTHING;
      });
    case "drop sequence":
      return dropSequence(work, statement.sequence);
    case "make local":
      return alter(work, statement.table, ACCESS_EXCLUSIVE, (table, relation) => {
        makeLocal(work.tx, relation, table);
        return NOTHING;
      });
    case "vacuum":
      return cannotRunInTransaction("VACUUM");
    default:
      return unreachable(statement);
  }
}

/** It defines nothing that is not the session's own; TRUNCATE of a local table is about rows. */
function isOfSession({ server, tx }: Work, statement: DefinitionStatement): boolean {
  if ("temporary" in statement && statement.temporary === true) return true;
  if (!("table" in statement) || typeof statement.table !== "string") return false;
  if (tx.temporary && isTemporaryName(findRelation(server, tx, statement.table)?.name ?? "")) return true;
  if (statement.type === "drop table") return server.hasTemporary && wasTemporary(tx, statement.table);
  return (
    statement.type === "truncate" &&
    tableIn(findRelation(server, tx, statement.table), tx)?.persistence === "local"
  );
}

function wasTemporary(tx: Transaction, name: string): boolean {
  const dropped = tx.defined[tx.defined.length - 1];
  return dropped !== undefined && dropped.name === temporaryName(tx, name);
}

/** In its place among the changes. CREATE TABLE AS brings its rows itself. */
function record({ tx, objects }: Work, statement: DefinitionStatement): void {
  tx.wrote = true;
  if (tx.change !== null) return;
  const sent = statement.type === "create table as" ? { ...statement, withNoData: true as const } : statement;
  tx.changes.push({ kind: "ddl", statement: sent, environment: tx.environment, objects });
}

function createSchema(work: Work, schema: string): Outcome {
  const relation = relationFor(work.server, schemaName(schema));
  if (!lock(work, relation, ACCESS_EXCLUSIVE)) return null;
  if (relation.current !== null || relation.pending !== null) return duplicateSchema(schema);
  redefine(work.tx, relation, { kind: "schema" });
  return NOTHING;
}

/** Something new under this name, which is null where there is no schema for it. */
function create(work: Work, name: string | null, make: (relation: Relation) => Outcome): Outcome {
  if (name === null) return NO_SCHEMA;
  const relation = relationFor(work.server, name);
  if (!lock(work, relation, ACCESS_EXCLUSIVE)) return null;
  const isMine = relation.definer === work.tx.number;
  if ((isMine ? relation.pending : relation.current) !== null) return duplicateRelation(bareName(name));
  return make(relation);
}

function createNamed(work: Work, definition: TableDefinition, temporary: boolean): Outcome {
  const { server, tx } = work;
  const parents: Relation[] = [];
  for (const { table } of definition.references ?? []) {
    const parent = findRelation(server, tx, table);
    if (tableIn(parent, tx) === null) return noTable(table);
    if (isTemporaryName(parent!.name) !== temporary) return temporaryReference(temporary);
    if (!lock(work, parent!, SHARE_ROW_EXCLUSIVE)) return null;
    // Dropped while it was waited for.
    if (tableIn(parent, tx) === null) return noTable(table);
    parents.push(parent!);
  }
  return create(work, nameOf(work, definition.name, temporary), (relation) => {
    const references = definition.references?.map((each, index) => ({
      ...each,
      table: parents[index]!.name,
    }));
    const resolved = references === undefined ? definition : { ...definition, references };
    const table = makeTable(work, relation, resolved, temporary);
    redefine(tx, relation, table);
    for (const [index, { column }] of (definition.references ?? []).entries()) {
      const reference: Reference = {
        child: relation.name,
        column: table.columns.get(column)!,
        parent: parents[index]!.name,
        constraint: `${bareName(relation.name)}_${column}_fkey`,
      };
      table.parents.push(reference);
      giveChild(tx, tableIn(parents[index]!, tx)!, reference);
    }
    return NOTHING;
  });
}

function createFrom(
  work: Work,
  statement: Extract<DefinitionStatement, { type: "create table as" }>,
): Outcome {
  const { server, tx } = work;
  const source = findRelation(server, tx, statement.source);
  if (tableIn(source, tx) === null) return noTable(statement.source);
  if (!lock(work, source!, ACCESS_SHARE)) return null;
  const from = tableIn(source, tx);
  if (from === null) return noTable(statement.source);
  const rows = statement.withNoData ? [] : rowsOf(work, from);
  if (rows === null) return null;
  const temporary = statement.temporary === true;
  const columns = from.definition.columns;
  return create(work, nameOf(work, statement.table, temporary), (relation) => {
    const table = makeTable(work, relation, { name: statement.table, columns, key: null }, temporary);
    redefine(tx, relation, table);
    return { table, rows };
  });
}

/** As the statement's snapshot sees them; null if it has to wait. */
function rowsOf({ server, host, tx }: Work, table: Table): Row[] | null {
  const rows: Row[] = [];
  for (const slot of table.ordered) {
    const seen = seeRow(server, host, tx, slot);
    if (tx.phase !== "running") return null;
    if (seen !== null) rows.push(seen.row!);
  }
  return rows;
}

function nameOf({ server, tx }: Work, name: string, temporary: boolean): string | null {
  return temporary ? temporaryName(tx, name) : nameForCreation(server, tx, name);
}

function makeTable(
  { server, tx }: Work,
  relation: Relation,
  definition: TableDefinition,
  temporary: boolean,
): Table {
  const { role, settings } = tx.environment;
  const tablespace = settings.find(({ setting }) => setting === "default_tablespace")?.value ?? "";
  const table = createTable({ ...definition, name: relation.name }, role, tablespace);
  if (relation.isLocal) table.persistence = "local";
  if (temporary) {
    table.persistence = "temporary";
    server.hasTemporary = true;
    tx.temporary = true;
  }
  return table;
}

function createIndex({ tx }: Work, table: Table, column: string): Outcome {
  if (!table.columns.has(column)) return noColumn(table.name, column);
  const name = `${bareName(table.name)}_${column}_idx`;
  const constraints = table.uniques.map(({ constraint }) => constraint);
  if (constraints.includes(name)) return duplicateRelation(name);
  return giveIndex(tx, table, column, name) ? NOTHING : cannotBuildIndex(name);
}

function dropTable(work: Work, name: string): Outcome {
  return alter(work, name, ACCESS_EXCLUSIVE, (table, relation) => {
    if (table.children.some(({ child }) => child !== table.name)) return hasDependents(bareName(table.name));
    const parents = table.parents.filter(({ parent }) => parent !== table.name);
    for (const { parent } of parents) {
      if (!lock(work, relationNamed(work.server, parent)!, ACCESS_EXCLUSIVE)) return null;
    }
    for (const reference of parents) {
      const parent = tableIn(relationNamed(work.server, reference.parent), work.tx);
      if (parent !== null) takeChild(work.tx, parent, reference);
    }
    redefine(work.tx, relation, null);
    return NOTHING;
  });
}

function dropSequence(work: Work, name: string): Outcome {
  const { server, tx } = work;
  const relation = findRelation(server, tx, name);
  if (sequenceIn(relation, tx) === null) return noTableToDrop("sequence", name);
  if (!lock(work, relation!, ACCESS_EXCLUSIVE)) return null;
  if (sequenceIn(relation, tx) === null) return noTableToDrop("sequence", name);
  redefine(tx, relation!, null);
  return NOTHING;
}

/** Does something to a table that is there, and belongs to the role. */
function alter(
  work: Work,
  name: string,
  mode: number,
  change: (table: Table, relation: Relation) => Outcome,
): Outcome {
  const { server, tx } = work;
  const relation = findRelation(server, tx, name);
  if (tableIn(relation, tx) === null) return noTable(name);
  if (!lock(work, relation!, mode)) return null;
  const table = tableIn(relation, tx);
  if (table === null) return noTable(name);
  if (table.persistence === "temporary") tx.temporary = true;
  if (table.owner !== tx.environment.role) return notOwner(bareName(table.name));
  return change(table, relation!);
}

function lock({ server, host, tx, objects }: Work, relation: Relation, mode: number): boolean {
  if (tx.phase !== "running") throw new ProtocolViolation("a statement that waits goes no further");
  objects.push(relation.name);
  return lockTable(server, host, tx, relation, mode);
}
