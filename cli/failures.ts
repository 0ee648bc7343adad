/** `lockstep failures`: nodes fail in every way, and what the clients of each node got before, during and after. */
import { Command } from "commander";
import { getBorderCharacters, table } from "table";
import { type FailureNode, type FailureRow, type Fared, runFailures } from "../explore/failures.ts";
import { FAILURES } from "../scenarios/catalogue/catalogue.ts";
import { showMicros } from "../scenarios/durations.ts";
import { EXIT } from "./exit.ts";
import { showProgress } from "./progress.ts";
import { paint } from "./report.ts";
import { replayCommandFor } from "./run.ts";
import { collectSetting, loadScenario, type Setting } from "./scenario-argument.ts";
import { parseSeeds } from "./seed-range.ts";

interface FailuresOptions {
  readonly seeds: string;
  readonly set: readonly Setting[];
  readonly json: boolean;
}

export function failuresCommand(): Command {
  return new Command("failures")
    .description(
      "Let nodes fail in every way: what clients of each node got, and how long nobody could commit.",
    )
    .argument("[scenarios...]", "names of the catalogue, or JSON files; all failures of it if left out")
    .option("--seeds <A..B>", "one seed, or a range", "1")
    .option("--set <key=value>", "change a field of every scenario, e.g. commit=2pc", collectSetting, [])
    .option("--json", "print one JSON value", false)
    .action((names: readonly string[], options: FailuresOptions) => {
      process.exitCode = failures(names, options);
    });
}

function failures(named: readonly string[], options: FailuresOptions): number {
  const names = named.length > 0 ? named : FAILURES.map(({ name }) => name);
  const scenarios = names.map((name) => loadScenario(name, options.set));
  const seeds = parseSeeds(options.seeds);
  const progress = showProgress();
  const rows = runFailures({ scenarios, seeds, progress: progress.update });
  progress.end();
  process.stdout.write(
    options.json ? `${JSON.stringify({ seeds, rows })}\n` : describe(rows, names, options),
  );
  return rows.every(({ unmet }) => unmet.length === 0) ? EXIT.held : EXIT.violated;
}

function describe(
  rows: readonly FailureRow[],
  names: readonly string[],
  { seeds, set }: FailuresOptions,
): string {
  const broken = rows.flatMap(({ scenario, unmet }, index) => {
    const [first] = unmet;
    if (first === undefined) return [];
    const seed = /^seed (\S+):/.exec(first)?.[1] ?? seeds;
    return [
      `${paint("red", scenario)}, not as expected: ${first}`,
      paint("dim", `    ${replayCommandFor(names[index] as string, seed, set)}`),
    ];
  });
  const verdict = broken.length > 0 ? broken : [paint("green", "every check held, as expected")];
  return [renderTable(rows), ...LEGEND.map((line) => paint("dim", line)), "", ...verdict, ""].join("\n");
}

const LEGEND = [
  "before, during, after: of the transactions that clients of these nodes began, how many committed",
  "during: from when the failure can have been noticed; refused: no client is let in; nothing: no answer at all",
];

function renderTable(rows: readonly FailureRow[]): string {
  const heading = ["failure", "node", "before", "during", "after", "nobody", "node commits"];
  const units = ["", "", "", "", "", "commits for", "again after"];
  const body = rows.flatMap((row) =>
    groupsOf(row.nodes).map((nodes, index) => [
      index === 0 ? row.scenario : "",
      nodes.map(({ node }) => node).join(", "),
      ...(["before", "during", "after"] as const).map((phase) => show(nodes.map((node) => node[phase]))),
      index === 0 ? showMicros(row.pauseUs) : "",
      showBack(nodes),
    ]),
  );
  return table([heading, units, ...body], {
    border: getBorderCharacters("void"),
    columnDefault: { paddingLeft: 0, paddingRight: 2 },
    columns: { 5: { alignment: "right" }, 6: { alignment: "right" } },
    drawHorizontalLine: (index) => index === 2,
  });
}

/** Nodes that fared alike share a line. */
function groupsOf(nodes: readonly FailureNode[]): FailureNode[][] {
  const groups = new Map<string, FailureNode[]>();
  for (const node of nodes) {
    const alike = [node.before, node.during, node.after].map(({ word }) => word).join();
    groups.set(alike, [...(groups.get(alike) ?? []), node]);
  }
  return [...groups.values()];
}

/** "commits 97%": the share of the transactions that their clients began. */
function show(fared: readonly Fared[]): string {
  const word = fared[0]?.word ?? "-";
  if (word !== "commits" && word !== "reads only") return word;
  const began = fared.reduce((total, one) => total + one.asked - one.refused, 0);
  const committed = fared.reduce((total, one) => total + one.committed, 0);
  return `${word} ${Math.round((100 * committed) / began)}%`;
}

/** The last of them. */
function showBack(nodes: readonly FailureNode[]): string {
  const times = nodes.map(({ backAfterUs }) => backAfterUs);
  const known = times.filter((time) => time !== null);
  return known.length < times.length ? "never" : showMicros(Math.max(...known));
}
