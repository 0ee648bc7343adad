/**
 * Isolation of a list-append history, from nothing but what its clients saw (Kingsbury and Alvaro, "Elle", VLDB 2020).
 *
 * Every element is appended to a key once, so a list is the whole story of its key: the longest list read gives the
 * order of versions, and every other one has to begin it. What was appended and never read comes after all that was,
 * in an order that is not known. A transaction of unknown outcome committed if anybody read what it appended.
 */
import { type HistoryReport, judge } from "./judge.ts";
import { readLists } from "./lists.ts";
import type { ClientTransaction, ListStep } from "./transactions.ts";

/** In order of invocation. Throws HistoryFault if an element is appended twice to one key. */
export function checkListAppend(transactions: readonly ClientTransaction<ListStep>[]): HistoryReport {
  return judge(transactions, readLists(transactions));
}
