/** `lockstep status SCENARIO --at TIME`: what every node is at that moment of a run, and why it is not online. */
import { Command } from "commander";
import { getBorderCharacters, table } from "table";
import { type NodeLine, statusAt } from "../explore/status.ts";
import type { Lag } from "../protocol/membership/status.ts";
import { ProtocolViolation } from "../protocol/violation.ts";
import { showMicros, span } from "../scenarios/durations.ts";
import type { Micros } from "../scenarios/history.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { EXIT, UserError } from "./exit.ts";
import { paint, type Style } from "./report.ts";
import { collectSetting, loadScenario, type Setting } from "./scenario-argument.ts";

interface StatusOptions {
  readonly at: string;
  readonly seed: string;
  readonly set: readonly Setting[];
  readonly json: boolean;
}

export function statusCommand(): Command {
  return new Command("status")
    .description("Tell what every node is at a moment of a run, how far behind, and why it is not online.")
    .argument("<scenario>", "a name of the catalogue, or a JSON file")
    .requiredOption("--at <time>", "the moment, in virtual time, e.g. 3.5s")
    .option("--seed <seed>", "what fixes every message, clock, disk and crash", "1")
    .option("--set <key=value>", "change a field of the scenario, e.g. commit=2pc", collectSetting, [])
    .option("--json", "print one JSON value", false)
    .action((name: string, options: StatusOptions) => {
      process.exitCode = status(name, options);
    });
}

function status(name: string, { at: text, seed, set, json }: StatusOptions): number {
  const scenario = loadScenario(name, set);
  const at = parseMoment(text, scenario);
  const nodes = statusOrComplaint(scenario, seed, at);
  const printed = json
    ? JSON.stringify({ scenario: scenario.name, seed, at, nodes })
    : `${scenario.name} at ${showMicros(at)}, seed ${seed}\n\n${renderTable(nodes)}`;
  process.stdout.write(`${printed.trimEnd()}\n`);
  return EXIT.held;
}

function parseMoment(text: string, { duration, settle }: Scenario): Micros {
  const parsed = span.safeParse(text);
  if (!parsed.success)
    throw new UserError(`--at ${text}: expected a moment such as "1.5s" or "300ms", not before 0`);
  if (parsed.data <= duration + settle) return parsed.data;
  throw new UserError(`--at ${text}: the run is over at ${showMicros(duration + settle)} at the latest`);
}

function statusOrComplaint(scenario: Scenario, seed: string, at: Micros): NodeLine[] {
  try {
    return statusAt(scenario, seed, at);
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    throw new UserError(`before that moment a node broke a rule of the protocol: ${error.message}`);
  }
}

const HEADING = [
  "node",
  "state",
  "generation",
  "donors",
  "linked with",
  "behind",
  "why clients are turned away",
];

function renderTable(nodes: readonly NodeLine[]): string {
  const shown = table([HEADING, ...nodes.map(rowOf)], {
    border: getBorderCharacters("void"),
    columnDefault: { paddingLeft: 0, paddingRight: 2 },
    drawHorizontalLine: (index) => index === 1,
  });
  return shown.replaceAll(/ +$/gm, "");
}

function rowOf(line: NodeLine): string[] {
  const { node, state, why } = line;
  const head = [String(node), paint(STYLES[state], state)];
  if (!("generation" in line)) return [...head, "-", "-", "-", "-", why ?? ""];
  const { generation, members, donors, connected, lag } = line;
  const linked = connected.filter((peer) => peer !== node).join(", ") || "nobody";
  const behind = lag === null ? "-" : showLag(lag);
  return [...head, `${generation} {${members.join(", ")}}`, donors.join(", "), linked, behind, why ?? ""];
}

const STYLES: Readonly<Record<NodeLine["state"], Style>> = {
  online: "green",
  recovery: "yellow",
  catchup: "yellow",
  starting: "yellow",
  disabled: "red",
  isolated: "red",
  down: "red",
  frozen: "red",
};

function showLag({ donor, bytes, transactions }: Lag): string {
  return `${bytes} bytes, ${transactions} transactions of node ${donor}`;
}
