/** Tables: finding a row by key, and walking rows in order of key. */

import type { Key, Row, TableDefinition } from "../../protocol/database.ts";
import { USUAL_ENVIRONMENT } from "../../protocol/ddl.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import { bareName } from "./relations.ts";
import type { Reference, RowSlot, Table } from "./state.ts";
import { addToUniques, isTaken } from "./uniques.ts";

/** @throws ProtocolViolation if a definition names a column or table that is not there. */
export function createTables(definitions: readonly TableDefinition[]): Map<string, Table> {
  const tables = new Map<string, Table>();
  for (const definition of definitions) {
    tables.set(definition.name, createTable(definition, USUAL_ENVIRONMENT.role, ""));
  }
  for (const table of tables.values()) linkReferences(tables, table);
  return tables;
}

/** Rows of before the history: written by gid 0 with CSN 0. */
export function loadRow(table: Table, row: Row): void {
  const key = hasKey(table) ? row[table.keyColumn] : newRowNumber(table);
  if (key === undefined || key === null || row.length !== table.columns.size) {
    throw new ProtocolViolation(`not a row of ${table.name}: ${JSON.stringify(row)}`);
  }
  if (table.rows.has(key) || isTaken(table, row)) {
    throw new ProtocolViolation(`${table.name} has a row like ${JSON.stringify(row)} already`);
  }
  const slot = addSlot(table, key);
  slot.current = { row, gid: 0, at: 0, change: 0 };
  addToUniques(slot, row, null);
}

export function hasKey(table: Table): boolean {
  return table.keyColumn >= 0;
}

/** In a table without a primary key, what stands for it (ctid, as far as anyone can tell). */
export function newRowNumber(table: Table): Key {
  table.lastRow += 1;
  return table.lastRow;
}

/** The place of a key that may have no row yet. */
export function slotFor(table: Table, key: Key): RowSlot {
  return table.rows.get(key) ?? addSlot(table, key);
}

/** A key that has no version any more, and that nobody holds or awaits, loses its place. */
export function removeSlot(slot: RowSlot): void {
  const { table, key } = slot;
  table.rows.delete(key);
  table.ordered.splice(firstFrom(table, key), 1);
}

/** Index in `ordered` of the first row at or above the key. */
function firstFrom(table: Table, key: Key): number {
  const { ordered } = table;
  let low = 0;
  let high = ordered.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareKeys(ordered[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function allKeys(table: Table): Key[] {
  return table.ordered.map((slot) => slot.key);
}

/** The keys ascending and without repetition; the same array if it is so already. */
export function sortKeys(keys: readonly Key[]): readonly Key[] {
  for (let index = 1; index < keys.length; index++) {
    if (compareKeys(keys[index - 1]!, keys[index]!) >= 0) return [...new Set(keys)].sort(compareKeys);
  }
  return keys;
}

/** Numbers by value, then text by code unit (the C collation, as far as it matters for keys). */
function compareKeys(one: Key, other: Key): number {
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  if (one < other) return -1;
  return one > other ? 1 : 0;
}

function addSlot(table: Table, key: Key): RowSlot {
  const slot: RowSlot = {
    table,
    key,
    current: null,
    older: [],
    pending: null,
    rewritten: null,
    writer: 0,
    holder: 0,
    holderMode: 0,
    sharers: null,
    queue: null,
    isDusty: false,
  };
  const { ordered } = table;
  const last = ordered[ordered.length - 1];
  if (last === undefined || compareKeys(last.key, key) < 0) ordered.push(slot);
  else ordered.splice(firstFrom(table, key), 0, slot);
  table.rows.set(key, slot);
  return slot;
}

/** @throws ProtocolViolation if the definition names a column that is not there */
export function createTable(definition: TableDefinition, owner: string, tablespace: string): Table {
  const columns = new Map<string, number>();
  for (const [index, column] of definition.columns.entries()) columns.set(column, index);
  const table: Table = {
    kind: "table",
    definition,
    owner,
    tablespace,
    persistence: "replicated",
    defaults: new Map(),
    lastRow: 0,
    name: definition.name,
    columns,
    keyColumn: 0,
    rows: new Map(),
    ordered: [],
    uniques: [],
    parents: [],
    children: [],
  };
  const uniques = (definition.unique ?? []).map((column) => ({
    column: columnOf(table, column),
    constraint: `${bareName(table.name)}_${column}_key`,
    rows: new Map(),
  }));
  return { ...table, keyColumn: definition.key === null ? -1 : columnOf(table, definition.key), uniques };
}

/** TRUNCATE: the same table, with a new file. */
export function emptyCopy(table: Table): Table {
  const uniques = table.uniques.map(({ column, constraint }) => ({ column, constraint, rows: new Map() }));
  return { ...table, rows: new Map(), ordered: [], uniques };
}

function linkReferences(tables: Map<string, Table>, table: Table): void {
  for (const { column, table: parentName } of table.definition.references ?? []) {
    const parent = tables.get(parentName);
    if (parent === undefined)
      throw new ProtocolViolation(`${table.name} references ${parentName}: no such table`);
    const reference: Reference = {
      child: table.name,
      column: columnOf(table, column),
      parent: parentName,
      constraint: `${table.name}_${column}_fkey`,
    };
    table.parents.push(reference);
    parent.children.push(reference);
  }
}

function columnOf(table: Table, column: string): number {
  const index = table.columns.get(column);
  if (index === undefined) throw new ProtocolViolation(`table ${table.name} has no column ${column}`);
  return index;
}
