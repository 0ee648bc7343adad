/**
 * Client histories written by hand, for tests: a line a transaction, "PROCESS INVOKED-COMPLETED STEP...", with the
 * steps x+1 (append), x=1,2 (read a list; x= the empty one), x:1 (write a register), x?1 (read it; x? nobody had
 * written it), and at the end "fail" or "info" where it was not ok. A line may be without its times: then all overlap.
 */
import type { ClientTransaction, ListStep, Outcome, RegisterStep } from "./transactions.ts";

export function handMadeLists(...lines: readonly string[]): ClientTransaction<ListStep>[] {
  return lines.map((line, place) => transactionOf(line, place, lines.length, listStepOf));
}

export function handMadeRegisters(...lines: readonly string[]): ClientTransaction<RegisterStep>[] {
  return lines.map((line, place) => transactionOf(line, place, lines.length, registerStepOf));
}

function transactionOf<Step>(
  line: string,
  place: number,
  count: number,
  stepOf: (word: string) => Step,
): ClientTransaction<Step> {
  const [process, ...words] = line.split(" ") as [string, ...string[]];
  const times = /^(\d+)-(\d+)$/.exec(words[0] ?? "");
  if (times !== null) words.shift();
  const last = words[words.length - 1];
  const outcome: Outcome = last === "fail" || last === "info" ? last : "ok";
  if (outcome !== "ok") words.pop();
  const completed = times === null ? count + place : Number(times[2]);
  return {
    process: Number(process),
    outcome,
    invokedAt: times === null ? place : Number(times[1]),
    completedAt: outcome === "info" ? Number.POSITIVE_INFINITY : completed,
    steps: words.map(stepOf),
  };
}

function listStepOf(word: string): ListStep {
  const [, key, sign, rest] = /^(\w+)([+=])(.*)$/.exec(word) as unknown as [string, string, string, string];
  if (sign === "+") return { f: "append", key, value: Number(rest) };
  return { f: "r", key, value: rest === "" ? [] : rest.split(",").map(Number) };
}

function registerStepOf(word: string): RegisterStep {
  const [, key, sign, rest] = /^(\w+)([:?])(.*)$/.exec(word) as unknown as [string, string, string, string];
  return { f: sign === ":" ? "w" : "r", key, value: rest === "" ? null : Number(rest) };
}
