/** A run in words, for a person at a terminal. */
import { styleText } from "node:util";
import type { RunSummary } from "../explore/summary.ts";
import type { Verdict } from "../scenarios/checks/isolation/verdict.ts";
import { showMicros } from "../scenarios/durations.ts";
import type { Scenario } from "../scenarios/scenario.ts";

export type Style = "green" | "red" | "dim" | "bold" | "yellow";

export function describeRun(summary: RunSummary, scenario: Scenario): string {
  return `${[
    ...heading(summary, scenario),
    "",
    ...verdictLines(summary),
    "",
    ...costLines(summary),
    ...dormantLines(summary, scenario),
    ...blockedLines(summary),
    ...unmetLines(summary),
    "",
    `  run it again: ${summary.replay}`,
  ].join("\n")}\n`;
}

export const MARKS: Readonly<Record<Verdict, string>> = { holds: "✓", violated: "✗", "not exercised": "·" };

export function markOf(verdict: Verdict): string {
  return paint(STYLES[verdict], MARKS[verdict]);
}

/** Colour only where somebody looks at it. */
export function paint(style: Style, text: string): string {
  return process.stdout.isTTY === true ? styleText(style, text) : text;
}

const STYLES: Readonly<Record<Verdict, Style>> = { holds: "green", violated: "red", "not exercised": "dim" };

function heading({ seed, events, virtualUs, hash }: RunSummary, scenario: Scenario): string[] {
  const { name, about, nodes, commit, snapshot, mutant } = scenario;
  const variant = mutant === null ? "" : `, mutant ${mutant}`;
  return [
    `${paint("bold", name)}  ${about}`,
    `  ${nodes} nodes, ${commit}, ${snapshot}${variant}; seed ${seed}`,
    `  ${events} events in ${showMicros(virtualUs)} of virtual time, trace hash ${hash}`,
  ];
}

function verdictLines({ verdicts, evidence, isolation }: RunSummary): string[] {
  const lines: string[] = [];
  for (const [name, verdict] of Object.entries(verdicts)) {
    const sentences = evidence[name] ?? [];
    const why = verdict === "not exercised" ? paint("dim", `: ${sentences.join("; ")}`) : "";
    lines.push(`  ${markOf(verdict)} ${name.padEnd(22)} ${verdict}${why}`);
    if (verdict !== "not exercised") lines.push(...sentences.map((sentence) => `      ${sentence}`));
  }
  lines.push(`    ${"isolation reached".padEnd(22)} ${isolation ?? "nothing to judge"}`);
  return lines;
}

function costLines({ costs, transactions }: RunSummary): string[] {
  const { committed, aborted, unknown } = transactions;
  const lines = [`  transactions: ${committed} committed, ${aborted} aborted, ${unknown} of unknown outcome`];
  if (costs === null || costs.commits === 0) return lines;
  const { messages, delays, forcedWrites, latencyUs, longestInDoubtUs } = costs;
  return [
    ...lines,
    `  for each of ${costs.commits} distributed commits: ${messages.toFixed(1)} messages, ${delays.toFixed(1)} network delays, ${forcedWrites.toFixed(1)} forced writes`,
    `  commit latency: median ${showMicros(latencyUs.median)}, p99 ${showMicros(latencyUs.p99)}; longest in doubt on a node: ${showMicros(longestInDoubtUs)}`,
  ];
}

function dormantLines({ dormantFaults }: RunSummary, { faults }: Scenario): string[] {
  return dormantFaults.map((index) => {
    const fault = faults[index];
    const site =
      fault !== undefined && "on" in fault.when
        ? `no "${fault.when.on.site}" at node ${fault.when.on.node}`
        : "";
    return paint("dim", `  fault ${index} (${fault?.fault.kind}) never came: ${site}`);
  });
}

function blockedLines({ blocked }: RunSummary): string[] {
  if (blocked.length === 0) return [];
  return [
    "",
    `  ${paint("yellow", "still in doubt at the end:")}`,
    ...blocked.map((sentence) => `    ${sentence}`),
  ];
}

function unmetLines({ unmet }: RunSummary): string[] {
  if (unmet.length === 0) return ["", `  ${paint("green", "everything came out as the scenario expects")}`];
  return ["", `  ${paint("red", "not as expected:")}`, ...unmet.map((sentence) => `    ${sentence}`)];
}
