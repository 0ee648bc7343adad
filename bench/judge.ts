/**
 * One judgement in a process of its own, so that no other history is in its memory. Prints JSON: {seconds, least}, where
 * `least` are the seconds that it takes to look at each read and write once, or to parse each line of a file.
 */
import { readFileSync } from "node:fs";
import { checkListAppend } from "../scenarios/checks/inferred/check-list-append.ts";
import type { ClientTransaction, ListStep } from "../scenarios/checks/inferred/transactions.ts";
import { checkIsolation } from "../scenarios/checks/isolation/check-isolation.ts";
import { committedTransactions } from "../scenarios/checks/isolation/transactions.ts";
import type { RowHistory } from "../scenarios/history.ts";
import { ACCOUNTS, appends, transfers } from "./histories.ts";

export interface Judgement {
  readonly seconds: number;
  readonly least: number;
}

const [what = "", argument = ""] = process.argv.slice(2);

function main(): Judgement {
  switch (what) {
    case "timestamps":
      return judgeKnown(Number(argument));
    case "lists":
      return judgeLists(Number(argument));
    case "parse":
      return { seconds: timed(() => parseLines(argument)), least: 0 };
    default:
      throw new Error(`nothing is judged as "${what}"`);
  }
}

function judgeKnown(transactions: number): Judgement {
  const { history, committed } = transfers(transactions);
  const least = timed(() => lookAtRecords(history));
  const seconds = timed(() => {
    const { strongest } = checkIsolation(committedTransactions(history, [ACCOUNTS], committed), true);
    expectSerial(strongest);
  });
  return { seconds, least };
}

function judgeLists(transactions: number): Judgement {
  const history = appends(transactions);
  const least = timed(() => lookAtSteps(history));
  return { seconds: timed(() => expectSerial(checkListAppend(history).strongest)), least };
}

function expectSerial(strongest: string): void {
  if (strongest !== "strict serializable") throw new Error(`a serial history is said to be ${strongest}`);
}

function parseLines(path: string): void {
  for (const line of readFileSync(path, "utf8").trimEnd().split("\n")) JSON.parse(line);
}

/** What is looked at is returned, so that looking cannot be left out. */
function lookAtRecords({ transactions }: RowHistory): number {
  let seen = 0;
  for (const { gid, operations } of transactions) {
    seen += gid;
    for (const { result } of operations) {
      if (result === null) continue;
      seen += result.replaced;
      for (const version of result.versions) seen += version;
    }
  }
  return seen;
}

function lookAtSteps(transactions: readonly ClientTransaction<ListStep>[]): number {
  let seen = 0;
  for (const { steps } of transactions) {
    for (const { value } of steps) {
      if (!Array.isArray(value)) seen += Number(value);
      else for (const element of value) seen += Number(element);
    }
  }
  return seen;
}

function timed(work: () => unknown): number {
  const began = performance.now();
  if (work() === null) throw new Error("nothing was done");
  return (performance.now() - began) / 1_000;
}

process.stdout.write(JSON.stringify(main()));
