/** What the data must look like: while clients read it, and when all is over. */

import { keyColumnOf, type Row, type StatementResult, type Value } from "../../protocol/database.ts";
import { isDefinition } from "../../protocol/ddl.ts";
import { showGid } from "../../protocol/gid.ts";
import type { Operation, TransactionRecord } from "../history.ts";
import { bankTotal } from "../workloads/bank.ts";
import { type Check, type EndedNode, type EndedTable, holds, notExercised, violated } from "./check.ts";
import { latestOnline } from "./service.ts";

export const constantTotal: Check = {
  name: "constant total",
  holds: "every snapshot of the whole bank shows the same total, on every node and at both isolation levels",
  source: "mmts 8.1 bank_client; Jepsen's bank test",
  begin: (scenario) => ({
    on: {},
    end: (run) => {
      const { workload } = scenario;
      if (workload.kind !== "bank") return notExercised("the workload is not the bank");
      const expected = bankTotal(workload);
      let totals = 0;
      for (const transaction of run.history.transactions) {
        for (const operation of transaction.operations) {
          if (!isTotal(operation)) continue;
          totals += 1;
          const total = sumOf(operation.result);
          if (total === expected) continue;
          return violated(describeTotal(transaction, operation, total, expected));
        }
      }
      return totals > 0 ? holds() : notExercised("no total was read");
    },
  }),
};

type ReadOperation = Operation & { readonly result: StatementResult };

function isTotal(operation: Operation): operation is ReadOperation {
  const { statement, result } = operation;
  return result !== null && statement.type === "select" && statement.keys === "all";
}

function sumOf({ rows }: StatementResult): number {
  let sum = 0;
  for (const row of rows) sum += Number(row[1]);
  return sum;
}

function describeTotal(
  { id, node, isolation }: TransactionRecord,
  { completedAt }: Operation,
  total: number,
  expected: number,
): string {
  return `transaction ${id} (${isolation}, node ${node}) read a total of ${total} at ${completedAt} us; it is always ${expected}`;
}

export const equalData: Check = {
  name: "equal data",
  holds: "at the end every node that is online has the same rows, written by the same transactions",
  source: "theory 4.3 check 9; mmts 8.1 (md5 of the ordered table)",
  begin: () => ({
    on: {},
    end: (run) => {
      if (!run.quiet) return notExercised("transactions are still under way");
      const up = latestOnline(run.nodes);
      const first = up[0];
      if (first === undefined || up.length < 2) return notExercised("fewer than two nodes are online");
      for (const other of up.slice(1)) {
        const difference = differenceOf(first, other);
        if (difference !== null) return violated(difference);
      }
      return holds();
    },
  }),
};

function differenceOf(one: EndedNode, other: EndedNode): string | null {
  for (const here of one.tables) {
    const there = other.tables.find(({ definition }) => definition.name === here.definition.name);
    // What tables there are is another check's matter.
    if (there === undefined) continue;
    const key = Math.max(keyColumnOf(here.definition), 0);
    for (let row = 0; row < Math.max(here.rows.length, there.rows.length); row++) {
      const left = here.rows[row];
      const right = there.rows[row];
      if (isSameRow(left, right)) continue;
      const name = `${here.definition.name}/${left?.row[key] ?? right?.row[key]}`;
      return `${name} is ${showRow(left)} on node ${one.node} and ${showRow(right)} on node ${other.node}`;
    }
  }
  return null;
}

type EndedRow = EndedTable["rows"][number] | undefined;

function isSameRow(one: EndedRow, other: EndedRow): boolean {
  if (one === undefined || other === undefined || one.version !== other.version) return false;
  return one.row.every((value, column) => value === other.row[column]);
}

function showRow(found: EndedRow): string {
  return found === undefined ? "missing" : `(${found.row.join(", ")}) of ${showGid(found.version)}`;
}

export const equalSchema: Check = {
  name: "equal schema",
  holds:
    "at the end every node that is online has the same tables, columns, constraints, owners and sequences",
  source: "mmts 6.2; pg_dump --schema-only on every node",
  begin: () => ({
    on: {},
    end: (run) => {
      if (!run.quiet) return notExercised("transactions are still under way");
      if (!run.history.transactions.some(definesSomething)) return notExercised("nobody ran DDL");
      const up = latestOnline(run.nodes);
      const first = up[0];
      if (first === undefined || up.length < 2) return notExercised("fewer than two nodes are online");
      for (const other of up.slice(1)) {
        const only = (one: EndedNode, two: EndedNode) =>
          one.schema.filter((line) => !two.schema.includes(line)).map((line) => `node ${one.node}: ${line}`);
        const differences = [...only(first, other), ...only(other, first)];
        if (differences.length > 0) {
          return violated(`nodes ${first.node} and ${other.node} differ`, ...differences.slice(0, 4));
        }
      }
      return holds();
    },
  }),
};

function definesSomething({ gid, operations }: TransactionRecord): boolean {
  return gid !== 0 && operations.some(({ statement, result }) => result !== null && isDefinition(statement));
}

export const locksHold: Check = {
  name: "locks hold",
  holds: "no two transactions that held one row's lock did what only one at a time may do",
  source: "theory 5.2 (SELECT FOR UPDATE, prepared: free at B), 5.3 Beyond rows",
  begin: (scenario) => ({
    on: {},
    end: (run) => {
      if (scenario.workload.kind !== "gate") return notExercised("no workload relies on a lock alone");
      if (scenario.snapshot === "clock-si") {
        return notExercised("a snapshot of Clock-SI may be older than a lock that was waited for");
      }
      let entries = 0;
      for (const node of run.nodes) {
        const ledger = node.tables.find(({ definition }) => definition.name === "ledger");
        if (!node.up || ledger === undefined) continue;
        const owners = new Map<Value, Value>();
        for (const { row } of ledger.rows) {
          const [id, number] = [row[0] ?? null, row[1] ?? null];
          const other = owners.get(number);
          if (other !== undefined) {
            return violated(
              `on node ${node.node} entries ${other} and ${id} of the ledger both are number ${number}`,
            );
          }
          owners.set(number, id);
          entries += 1;
        }
      }
      return entries > 0 ? holds() : notExercised("nobody passed the gate");
    },
  }),
};

export const integrity: Check = {
  name: "integrity",
  holds: "at the end every foreign key and unique constraint holds on every node",
  source: "theory 5.2 (orphans on both nodes), 4.3 check 10",
  begin: () => ({
    on: {},
    end: (run) => {
      let constraints = 0;
      for (const node of run.nodes) {
        if (!node.up) continue;
        for (const table of node.tables) {
          const broken = brokenConstraint(node, table);
          if (broken !== null) return violated(broken);
          constraints += (table.definition.references ?? []).length + (table.definition.unique ?? []).length;
        }
      }
      return constraints > 0 ? holds() : notExercised("no table has such a constraint");
    },
  }),
};

function brokenConstraint(node: EndedNode, table: EndedTable): string | null {
  for (const { column, table: parentName } of table.definition.references ?? []) {
    const parents = new Set(keysOf(node.tables.find(({ definition }) => definition.name === parentName)));
    for (const { row } of table.rows) {
      const value = columnOf(table, row, column);
      if (value === null || parents.has(value)) continue;
      const child = `${table.definition.name}/${row[Math.max(keyColumnOf(table.definition), 0)]}`;
      return `on node ${node.node} ${child} refers to ${parentName}/${value}, which is not there`;
    }
  }
  for (const column of table.definition.unique ?? []) {
    const seen = new Set<Value>();
    for (const { row } of table.rows) {
      const value = columnOf(table, row, column);
      if (value !== null && seen.has(value)) {
        return `on node ${node.node} ${table.definition.name}.${column} has ${value} twice`;
      }
      seen.add(value);
    }
  }
  return null;
}

function keysOf(table: EndedTable | undefined): Value[] {
  if (table === undefined) return [];
  const column = keyColumnOf(table.definition);
  return table.rows.map(({ row }) => row[column] ?? null);
}

function columnOf({ definition }: EndedTable, row: Row, column: string): Value {
  return row[definition.columns.indexOf(column)] ?? null;
}
