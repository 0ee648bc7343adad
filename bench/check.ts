/**
 * How fast histories are judged: transactions a second with commit timestamps known, list-append without them, and
 * `lockstep check` on a file, from the start of the command to its verdict. The best of several rounds; each ratio is
 * taken within one round, and its median is printed.
 */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { appends, ednLines, jsonLines } from "./histories.ts";
import type { Judgement } from "./judge.ts";
import { median } from "./median.ts";

const KNOWN = 1_000_000;
const LISTS = 200_000;
const ROUNDS = 3;
const judgeFile = fileURLToPath(new URL("judge.ts", import.meta.url));
const command = fileURLToPath(new URL("../cli/lockstep.mjs", import.meta.url));

function main(): void {
  print("\nHistories judged, one core");
  const look = "times as long as a look at each read and write";
  report("timestamps known", KNOWN, rounds("timestamps", KNOWN), look, "goal: 1,000,000 in under 10 s");
  report("list-append", LISTS, rounds("lists", LISTS), look, "goal: 100,000 a second");
  const folder = mkdtempSync(join(tmpdir(), "lockstep-bench-"));
  try {
    measureFiles(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rounds(what: string, transactions: number): Judgement[] {
  return Array.from({ length: ROUNDS }, () => judge(what, String(transactions)));
}

/** The whole command, against the least that reading a file can cost: to parse each line of the JSON one. */
function measureFiles(folder: string): void {
  const history = appends(LISTS);
  const json = join(folder, "history.json");
  const edn = join(folder, "history.edn");
  write(json, jsonLines(history));
  write(edn, ednLines(history));
  const measured = Array.from({ length: ROUNDS }, () => ({
    least: judge("parse", json).seconds,
    json: secondsOf(json),
    edn: secondsOf(edn),
  }));
  const parse = "times as long as JSON.parse of its lines";
  for (const syntax of ["json", "edn"] as const) {
    const judgements = measured.map((round) => ({ least: round.least, seconds: round[syntax] }));
    report(`lockstep check, ${syntax.toUpperCase()}`, LISTS, judgements, parse, "");
  }
}

function judge(what: string, argument: string): Judgement {
  const args = ["--import", "tsx", judgeFile, what, argument];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

function secondsOf(path: string): number {
  const began = performance.now();
  execFileSync(process.execPath, [command, "check", path, "--json"], {
    stdio: ["ignore", "ignore", "ignore"],
  });
  return (performance.now() - began) / 1_000;
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

function report(
  name: string,
  transactions: number,
  judgements: readonly Judgement[],
  than: string,
  goal: string,
): void {
  const best = Math.min(...judgements.map(({ seconds }) => seconds));
  const ratio = median(judgements.map(({ least, seconds }) => seconds / least)).toFixed(1);
  const rate = Math.round(transactions / best).toLocaleString("en-US");
  const size = transactions.toLocaleString("en-US");
  print(`  ${name.padEnd(20)} ${rate.padStart(9)} transactions/s, ${size} in ${best.toFixed(1)} s`);
  print(`  ${"".padEnd(20)} ${ratio.padStart(9)} ${than}${goal === "" ? "" : `   (${goal})`}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main();
