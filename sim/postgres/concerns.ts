/** What a transaction leaves behind: an xid, without which its end needs no record; and something for other nodes. */
import type { Transaction } from "./state.ts";

/** It wrote or locked a row. */
export function noteWrite(tx: Transaction): void {
  tx.hasXid = true;
  tx.wrote = true;
}
