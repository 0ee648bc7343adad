/** What a transaction leaves behind: an xid, without which its end needs no record; and something for other nodes. */
import type { Table, Transaction } from "./state.ts";

/** It wrote or locked a row, or defined something. */
export function noteWrite(tx: Transaction, table: Table): void {
  tx.hasXid = true;
  if (table.persistence === "replicated") tx.wrote = true;
}
