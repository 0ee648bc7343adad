/**
 * How fast histories are judged: transactions a second with commit timestamps known, list-append without them, and
 * `lockstep check` on a file, from its first byte to the verdict.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkIsolation } from "../scenarios/checks/isolation/check-isolation.ts";
import { committedTransactions } from "../scenarios/checks/isolation/transactions.ts";
import { checkListAppend } from "../scenarios/checks/list-append/check-list-append.ts";
import { ACCOUNTS, appends, ednLines, jsonLines, transfers } from "./histories.ts";

const KNOWN = 1_000_000;
const LISTS = 200_000;

function main(): void {
  print("\nHistories judged, one core");
  const folder = mkdtempSync(join(tmpdir(), "lockstep-bench-"));
  try {
    measureKnown();
    measureLists();
    measureFiles(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measureKnown(): void {
  const { history, committed } = transfers(KNOWN);
  const seconds = timed(() => {
    const { strongest } = checkIsolation(committedTransactions(history, [ACCOUNTS], committed), true);
    if (strongest !== "strict serializable") throw new Error(`a serial history is said to be ${strongest}`);
  });
  report("timestamps known", KNOWN, seconds, "goal: 1,000,000 in under 10 s");
}

function measureLists(): void {
  const history = appends(LISTS);
  const judge = (): void => {
    const { strongest } = checkListAppend(history);
    if (strongest !== "strict serializable") throw new Error(`a serial history is said to be ${strongest}`);
  };
  report("list-append, cold", LISTS, timed(judge), "");
  report("list-append, warm", LISTS, timed(judge), "goal: 100,000 a second");
}

/** The whole command on a file, against the least that reading it can cost: to parse each line as JSON. */
function measureFiles(folder: string): void {
  const history = appends(LISTS);
  const json = join(folder, "history.json");
  const edn = join(folder, "history.edn");
  write(json, jsonLines(history));
  write(edn, ednLines(history));
  const parsing = timed(() => {
    for (const line of readFileSync(json, "utf8").trimEnd().split("\n")) JSON.parse(line);
  });
  for (const path of [json, edn]) {
    const seconds = timed(() => {
      const { status, stderr } = spawnSync(process.execPath, ["cli/lockstep.mjs", "check", path, "--json"], {
        encoding: "utf8",
        maxBuffer: 1 << 28,
      });
      if (status !== 0) throw new Error(stderr);
    });
    const name = path.endsWith("json") ? "JSON file, whole command" : "EDN file, whole command";
    report(name, LISTS, seconds, `${(seconds / parsing).toFixed(1)} x JSON.parse of the lines alone`);
  }
}

function write(path: string, lines: Iterable<string>): void {
  const file = openSync(path, "w");
  let text = "";
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < 1 << 20) continue;
    writeSync(file, text);
    text = "";
  }
  writeSync(file, text);
  closeSync(file);
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1_000;
}

function report(name: string, transactions: number, seconds: number, goal: string): void {
  const rate = Math.round(transactions / seconds).toLocaleString("en-US");
  const line = `  ${name.padEnd(26)} ${rate.padStart(9)} transactions/s, ${seconds.toFixed(1)} s for ${transactions.toLocaleString("en-US")}`;
  print(goal === "" ? line : `${line}   (${goal})`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main();
