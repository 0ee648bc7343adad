/** How a statement comes to a table: by its name, and then by its lock. */
import { noTable } from "./errors.ts";
import { findRelation, relationNamed, tableIn } from "./relations.ts";
import type { Relation, Server, ServerHost, Table, Transaction } from "./state.ts";
import { lockTable } from "./table-locks.ts";
import { failTransaction } from "./transactions.ts";

/** The table as a client names it; null: the statement waits or has failed. */
export function lookUpTable(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  name: string,
  mode: number,
): Table | null {
  return openRelation(server, host, tx, findRelation(server, tx, name), name, mode);
}

/** The table by its whole name, as lookUpTable. */
export function openTable(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  name: string,
  mode: number,
): Table | null {
  return openRelation(server, host, tx, relationNamed(server, name), name, mode);
}

function openRelation(
  server: Server,
  host: ServerHost,
  tx: Transaction,
  relation: Relation | null,
  name: string,
  mode: number,
): Table | null {
  // Who waited for the lock looks again at what the name stands for.
  if (tableIn(relation, tx) === null) failTransaction(server, host, tx, noTable(name));
  else if (lockTable(server, host, tx, relation!, mode)) {
    const table = tableIn(relation, tx)!;
    if (table.persistence === "temporary") tx.temporary = true;
    return table;
  }
  return null;
}
