/**
 * Isolation of a register history, from what its clients saw, where every value is written to a key once.
 *
 * A register shows its last write alone, so the order of versions is known in part only. What is sound: the initial
 * version comes before all; and a transaction that read a version and then wrote the key comes after that version
 * (if it came before, the two would have seen each other, which is G1c and worse). Nothing else is assumed: not that
 * writes took effect in order of real time. So a level may neither be violated nor shown to hold; it is unknown then.
 */
import { type HistoryReport, judge } from "./judge.ts";
import { readRegisters } from "./registers.ts";
import type { ClientTransaction, RegisterStep } from "./transactions.ts";

/** In order of invocation. Throws HistoryFault if a value is written twice to one key. */
export function checkRegisters(transactions: readonly ClientTransaction<RegisterStep>[]): HistoryReport {
  return judge(transactions, readRegisters(transactions));
}
