/**
 * The part of a history that isolation is judged by: reads and writes of rows of tables that were there from the start,
 * have a primary key by which their rows are known, and that no DDL touched, for DDL is not bound to snapshots.
 */
import type { RowStatement, Statement, TableDefinition } from "../../../protocol/database.ts";
import { isDefinition, tableDefined } from "../../../protocol/ddl.ts";
import type { History, Operation, RowHistory, RowOperation, RowTransaction } from "../../history.ts";

/** The same history if all of it is judged. */
export function rowHistory(history: History, tables: readonly TableDefinition[]): RowHistory {
  const judged = new Set(tables.filter(({ key }) => key !== null).map(({ name }) => name));
  for (const { operations } of history.transactions) {
    for (const { statement } of operations) {
      if (isDefinition(statement)) judged.delete(tableDefined(statement) ?? "");
    }
  }
  const isJudged = (operation: Operation): operation is RowOperation => {
    return isRowStatement(operation.statement) && judged.has(operation.statement.table);
  };
  const { transactions } = history;
  if (transactions.every(({ operations }) => operations.every(isJudged))) return history as RowHistory;
  return {
    transactions: transactions.map(
      (record): RowTransaction => ({ ...record, operations: record.operations.filter(isJudged) }),
    ),
  };
}

function isRowStatement(statement: Statement): statement is RowStatement {
  switch (statement.type) {
    case "select":
    case "insert":
    case "update":
    case "delete":
      return true;
    default:
      return false;
  }
}
