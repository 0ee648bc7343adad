/**
 * What a transaction's own statements say of a row: which columns it gave which value, whatever the row held before.
 *
 * Versions name the transaction that wrote them, not the statement. Where one transaction wrote a row more than
 * once, only the values tell which of its writes a read returned.
 */
import type { Key, Row, RowStatement, Value } from "../../../protocol/database.ts";
import type { RowTransaction } from "../../history.ts";
import type { ItemTable } from "./items.ts";

/** By column; undefined where the statements do not say. Null: the row was deleted. */
export type KnownRow = (Value | undefined)[] | null;

/** After the first `operations` operations of the transaction. */
export function knownRow(record: RowTransaction, operations: number, table: ItemTable, key: Key): KnownRow {
  let known: KnownRow = new Array<Value | undefined>(table.definition.columns.length).fill(undefined);
  for (let index = 0; index < operations; index++) {
    const { statement, result } = record.operations[index]!;
    if (result === null || result.count === 0 || statement.table !== table.definition.name) continue;
    known = applyStatement(known, statement, table, key);
  }
  return known;
}

/** Whether the row holds another value than the statements gave it. */
export function contradicts(known: KnownRow, row: Row): boolean {
  if (known === null) return true;
  for (let column = 0; column < known.length; column++) {
    if (known[column] !== undefined && known[column] !== row[column]) return true;
  }
  return false;
}

function applyStatement(known: KnownRow, statement: RowStatement, table: ItemTable, key: Key): KnownRow {
  switch (statement.type) {
    case "select":
      return known;
    case "insert":
      return statement.row[table.keyColumn] === key ? [...statement.row] : known;
    case "delete":
      return statement.key === key ? null : known;
    case "update":
      return statement.key === key && known !== null ? assign(known, statement, table) : known;
  }
}

function assign(
  before: (Value | undefined)[],
  { set }: Extract<RowStatement, { type: "update" }>,
  table: ItemTable,
): (Value | undefined)[] {
  const after = [...before];
  for (const assignment of set) {
    const column = table.definition.columns.indexOf(assignment.column);
    const value = before[column];
    if ("to" in assignment) after[column] = assignment.to;
    else after[column] = typeof value === "number" ? value + assignment.add : undefined;
  }
  return after;
}
