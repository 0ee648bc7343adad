/** `lockstep compare SCENARIO`: every commit protocol and snapshot manager on the same seeds, in one table. */
import { Command } from "commander";
import { getBorderCharacters, table } from "table";
import { type ComparedRow, type Comparison, compare } from "../explore/compare.ts";
import { COMMIT_PROTOCOLS, SNAPSHOT_MANAGERS } from "../protocol/config.ts";
import { showMicros } from "../scenarios/durations.ts";
import { EXIT, UserError } from "./exit.ts";
import { showProgress } from "./progress.ts";
import { MARKS, markOf, paint } from "./report.ts";
import { replayCommandFor } from "./run.ts";
import { collectSetting, loadScenario, type Setting } from "./scenario-argument.ts";
import { parseSeeds } from "./seed-range.ts";

interface CompareOptions {
  readonly seeds: string;
  readonly commit?: string;
  readonly snapshot?: string;
  readonly set: readonly Setting[];
  readonly json: boolean;
}

export function compareCommand(): Command {
  return new Command("compare")
    .description("Run every commit protocol and snapshot manager on the same scenario and seeds.")
    .argument("<scenario>", "a name of the catalogue, or a JSON file")
    .option("--seeds <A..B>", "one seed, or a range", "1")
    .option("--commit <names>", `only these, separated by commas: ${COMMIT_PROTOCOLS.join(", ")}`)
    .option("--snapshot <names>", `only these, separated by commas: ${SNAPSHOT_MANAGERS.join(", ")}`)
    .option("--set <key=value>", "change a field of the scenario", collectSetting, [])
    .option("--json", "print one JSON value", false)
    .action((name: string, options: CompareOptions) => {
      process.exitCode = runComparison(name, options);
    });
}

function runComparison(name: string, options: CompareOptions): number {
  const scenario = loadScenario(name, options.set);
  const progress = showProgress();
  const comparison = compare({
    scenario,
    seeds: parseSeeds(options.seeds),
    commits: parseNames("--commit", options.commit, COMMIT_PROTOCOLS),
    snapshots: parseNames("--snapshot", options.snapshot, SNAPSHOT_MANAGERS),
    replay: (commit, snapshot, seed) =>
      replayCommandFor(name, seed, [
        ...options.set,
        { path: ["commit"], value: commit },
        { path: ["snapshot"], value: snapshot },
      ]),
    progress: progress.update,
  });
  progress.end();
  process.stdout.write(
    options.json ? `${JSON.stringify(comparison)}\n` : describe(comparison, scenario.about),
  );
  return comparison.rows.every((row) => row.unmet.length === 0) ? EXIT.held : EXIT.violated;
}

function parseNames<Name extends string>(
  option: string,
  text: string | undefined,
  known: readonly Name[],
): readonly Name[] {
  if (text === undefined) return known;
  return text.split(",").map((name) => {
    const found = known.find((candidate) => candidate === name.trim());
    if (found === undefined)
      throw new UserError(`${option}: there is no "${name}", only ${known.join(", ")}`);
    return found;
  });
}

function describe(comparison: Comparison, about: string): string {
  const { scenario, seeds, rows } = comparison;
  const of =
    seeds.length === 1 ? `seed ${seeds[0]}` : `${seeds.length} seeds, ${seeds[0]} to ${seeds.at(-1)}`;
  return [
    `${paint("bold", scenario)}  ${about}  (${of})`,
    "",
    renderTable(rows),
    ...legend(rows),
    "",
    ...findings(rows),
    "",
  ].join("\n");
}

function renderTable(rows: readonly ComparedRow[]): string {
  const heading = [
    "commit",
    "snapshots",
    "checks",
    "isolation",
    "messages",
    "delays",
    "forced",
    "commit",
    "in doubt",
    "blocked",
  ];
  const units = ["", "", "", "reached", "a commit", "a commit", "writes", "median", "longest", "runs"];
  const body = rows.map((row) => [
    row.commit,
    row.snapshot,
    Object.values(row.verdicts).map(markOf).join(""),
    row.isolation ?? "-",
    row.messages?.toFixed(1) ?? "-",
    row.delays?.toFixed(1) ?? "-",
    row.forcedWrites?.toFixed(1) ?? "-",
    row.medianLatencyUs === null ? "-" : showMicros(Math.round(row.medianLatencyUs)),
    showMicros(row.longestInDoubtUs),
    String(row.blockedRuns),
  ]);
  return table([heading, units, ...body], {
    border: getBorderCharacters("void"),
    columnDefault: { paddingLeft: 0, paddingRight: 2 },
    columns: [4, 5, 6, 7, 8, 9].reduce<Record<number, { alignment: "right" }>>((columns, index) => {
      columns[index] = { alignment: "right" };
      return columns;
    }, {}),
    drawHorizontalLine: (index) => index === 2,
  });
}

function legend(rows: readonly ComparedRow[]): string[] {
  const names = Object.keys(rows[0]?.verdicts ?? {});
  return [
    paint("dim", `checks, from left to right: ${names.join(", ")}`),
    paint("dim", `${MARKS.holds} holds  ${MARKS.violated} violated  ${MARKS["not exercised"]} not exercised`),
  ];
}

/** What is worth saying of each row: violations with their evidence, blocking, unmet expectations. */
function findings(rows: readonly ComparedRow[]): string[] {
  const lines: string[] = [];
  for (const row of rows) {
    const name = `${row.commit} with ${row.snapshot}`;
    for (const run of row.runs) {
      for (const [check, verdict] of Object.entries(run.verdicts)) {
        if (verdict !== "violated") continue;
        lines.push(`${paint("red", name)} violates "${check}": ${run.evidence[check]?.[0] ?? ""}`);
        lines.push(paint("dim", `    ${run.replay}`));
        break;
      }
    }
    const blocked = row.runs.find((run) => run.blocked.length > 0);
    if (blocked !== undefined) {
      lines.push(`${paint("yellow", name)} blocks: ${blocked.blocked[0]}`);
      lines.push(paint("dim", `    ${blocked.replay}`));
    } else if (row.longestInDoubtUs > NOTABLE_US) {
      lines.push(
        `${paint("yellow", name)} kept rows locked in doubt for up to ${showMicros(row.longestInDoubtUs)}`,
      );
    }
    for (const unmet of row.unmet) lines.push(`${paint("red", name)}, not as expected: ${unmet}`);
  }
  return lines;
}

/** Longer than any timeout that leads to a resolution. */
const NOTABLE_US = 3_000_000;
