/** `lockstep check FILE`: the strongest isolation level that a history satisfies, and what breaks the next one. */
import { Command } from "commander";
import { checkListAppend } from "../scenarios/checks/inferred/check-list-append.ts";
import { checkRegisters } from "../scenarios/checks/inferred/check-registers.ts";
import type { ClassedEvidence, HistoryReport } from "../scenarios/checks/inferred/judge.ts";
import {
  type ClientTransaction,
  HistoryFault,
  type ListStep,
  type RegisterStep,
} from "../scenarios/checks/inferred/transactions.ts";
import { LEVELS, type Level } from "../scenarios/levels.ts";
import { EXIT, UserError } from "./exit.ts";
import { failAtStep, type HistoryFile, readHistory } from "./histories/read-history.ts";
import { showProgress } from "./progress.ts";
import { MARKS, paint } from "./report.ts";

interface CheckOptions {
  readonly expect?: string;
  readonly json: boolean;
}

export function checkCommand(): Command {
  return new Command("check")
    .description(
      "Judge a history of transactions: the strongest isolation level, and what breaks the next one.",
    )
    .argument("<file>", "operations as of Jepsen and Elle, EDN or JSON: list-append or registers")
    .option("--expect <level>", `exit with 1 unless it holds: ${LEVELS.slice(0, -1).join(", ")}`)
    .option("--json", "print one JSON value", false)
    .action((file: string, options: CheckOptions) => {
      process.exitCode = check(file, options);
    });
}

function check(path: string, { expect, json }: CheckOptions): number {
  const expected = expect === undefined ? null : levelNamed(expect);
  const { history, report } = readAndJudge(path);
  const isMet = expected === null ? report.strongest !== "none" : report.levels[expected] === "holds";
  const output = json
    ? `${JSON.stringify({ file: path, ...summaryOf(history, report), expected, met: isMet })}\n`
    : describe(history, report, expected);
  process.stdout.write(output);
  return isMet ? EXIT.held : EXIT.violated;
}

/** Of the time that a file takes, about; the rest is to judge it. */
const SHARE_OF_READING = 2 / 3;

function readAndJudge(path: string): { history: HistoryFile; report: HistoryReport } {
  const progress = showProgress();
  try {
    const history = readHistory(path, (share) => progress.update(SHARE_OF_READING * share, "reading"));
    progress.update(SHARE_OF_READING, `judging ${history.transactions.length} transactions`);
    return { history, report: judgeFile(history) };
  } finally {
    progress.end();
  }
}

function levelNamed(name: string): Level {
  const wanted = name.toLowerCase().replaceAll("-", " ");
  const level = LEVELS.find((known) => known.toLowerCase() === wanted && known !== "none");
  if (level !== undefined) return level;
  throw new UserError(
    `--expect ${name}: there is no such level; there are ${LEVELS.slice(0, -1).join(", ")}`,
  );
}

function judgeFile(history: HistoryFile): HistoryReport {
  const { kind, transactions } = history;
  try {
    return kind === "list-append"
      ? checkListAppend(transactions as readonly ClientTransaction<ListStep>[])
      : checkRegisters(transactions as readonly ClientTransaction<RegisterStep>[]);
  } catch (error) {
    if (!(error instanceof HistoryFault)) throw error;
    return failAtStep(history, error.transaction, error.step, error.message);
  }
}

function summaryOf({ kind, syntax, transactions }: HistoryFile, report: HistoryReport) {
  const tell = ({ class: name, anomaly, sentences, edges, transactions: involved }: ClassedEvidence) => ({
    class: name,
    anomaly,
    sentences,
    edges: edges.map((edge) => ({ ...edge, from: indexOf(edge.from), to: indexOf(edge.to) })),
    transactions: involved.map(indexOf),
  });
  const indexOf = (transaction: number): number => transactions[transaction]!.invokedAt;
  return {
    kind,
    syntax,
    strongest: report.strongest,
    levels: report.levels,
    violations: report.violations.map((violation) => ({ level: violation.level, ...tell(violation) })),
    dirt: report.dirt.map(tell),
    transactions: report.transactions,
    committedUnknown: report.committedUnknown,
    reads: report.reads,
  };
}

const UNKNOWN_MARK = "?";

function describe(history: HistoryFile, report: HistoryReport, expected: Level | null): string {
  const { fail, info, ok } = report.transactions;
  const unknown =
    info === 0 ? "" : `, ${info} of unknown outcome (${report.committedUnknown} seen to have committed)`;
  const lines = [
    `${paint("bold", history.source.path)}  ${history.kind}, ${history.syntax}`,
    `  ${ok} transactions committed, ${fail} failed${unknown}; ${report.reads} reads`,
    "",
    ...LEVELS.slice(0, -1).map((level) => levelLine(report, level)),
    "",
    ...reasonLines(report),
  ];
  if (expected !== null) lines.push(expectationLine(report, expected));
  return `${lines.join("\n")}\n`;
}

function levelLine({ levels, violations }: HistoryReport, level: Level): string {
  const verdict = levels[level];
  const mark = verdict === "unknown" ? UNKNOWN_MARK : MARKS[verdict];
  const violation = violations.find((found) => found.level === level);
  const why = violation === undefined ? "" : `by ${nameOf(violation)}`;
  return `  ${mark} ${level.padEnd(20)} ${`${verdict}${why && " "}${why}`}`;
}

function nameOf({ anomaly, class: name }: ClassedEvidence): string {
  return `${name} (${anomaly})`;
}

/** What breaks the weakest level that is violated, or the level above the strongest. */
function reasonLines({ levels, strongest, violations }: HistoryReport): string[] {
  if (levels["read committed"] === "not exercised") {
    return ["  nothing to judge: no committed transaction wrote, or none read"];
  }
  const head =
    strongest === "none"
      ? "  no level holds"
      : `  the strongest level that holds: ${paint("bold", strongest)}`;
  const next = violations[violations.length - 1];
  if (next === undefined) return [head];
  return [
    head,
    `  ${next.level} is broken by ${nameOf(next)}:`,
    ...next.sentences.map((sentence) => `    ${sentence}`),
  ];
}

function expectationLine({ levels }: HistoryReport, expected: Level): string {
  const verdict = levels[expected];
  if (verdict === "holds") return `  ${paint("green", `${expected} holds, as expected`)}`;
  return `  ${paint("red", `${expected} was expected, and is ${verdict === "unknown" ? "not decided" : verdict}`)}`;
}
