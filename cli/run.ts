/** `lockstep run SCENARIO`: one run, and what held. */
import { Command } from "commander";
import { type RunSummary, summarize } from "../explore/summary.ts";
import { describeDrawn, drawScenario } from "../explore/sweep/swarm.ts";
import { CHECKS } from "../scenarios/checks/checks.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { recordTrace, type TraceEvent } from "../sim/engine/trace.ts";
import { type RunResult, runScenario } from "../sim/run.ts";
import { EXIT } from "./exit.ts";
import { assertWritable } from "./files.ts";
import { type HistoryWatch, watchHistory } from "./histories/write-history.ts";
import { showProgress } from "./progress.ts";
import { describeRun } from "./report.ts";
import { collectSetting, loadScenario, type Setting, showSettings } from "./scenario-argument.ts";
import { headerOf, writeSeedFile, writeTrace } from "./seed-file.ts";

interface RunOptions {
  readonly seed: string;
  readonly set: readonly Setting[];
  readonly swarm: boolean;
  readonly json: boolean;
  readonly save?: string;
  readonly trace?: string;
  readonly history?: string;
}

export function runCommand(): Command {
  return new Command("run")
    .description("Run a scenario with a seed, say what held and what broke.")
    .argument("<scenario>", "a name of the catalogue, or a JSON file")
    .option("--seed <seed>", "what fixes every message, clock, disk and crash", "1")
    .option("--set <key=value>", "change a field of the scenario, e.g. commit=2pc", collectSetting, [])
    .option(
      "--swarm",
      "draw the cluster, its timeouts and its disasters from the seed, as a sweep does",
      false,
    )
    .option("--save <file>", "write a seed file, from which `lockstep replay` runs this again")
    .option("--trace <file>", "write the whole trace, event by event")
    .option("--history <file>", "write what the clients saw, for `lockstep check` or Elle")
    .option("--json", "print one JSON value", false)
    .action((name: string, options: RunOptions) => {
      process.exitCode = run(name, options);
    });
}

function run(name: string, options: RunOptions): number {
  const written = loadScenario(name, options.set);
  const scenario = options.swarm ? drawScenario(written, options.seed) : written;
  for (const path of [options.save, options.trace, options.history])
    if (path !== undefined) assertWritable(path);
  const events: TraceEvent[] = [];
  const take = options.trace === undefined ? null : (event: TraceEvent) => events.push(event);
  const watch = options.history === undefined ? null : watchHistory(scenario);
  const result = runWithProgress(scenario, options.seed, take, watch);
  const head = headerOf(
    { name, settings: options.set, scenario, seed: options.seed, swarm: options.swarm },
    result.hash,
  );
  if (options.save !== undefined) writeSeedFile(options.save, head);
  if (options.trace !== undefined) writeTrace(options.trace, head, events);
  if (options.history !== undefined) watch?.write(options.history);
  const again = replayCommandFor(name, options.seed, options.set);
  const summary = summarize(result, options.swarm ? `${again} --swarm` : again);
  if (options.swarm && !options.json) process.stdout.write(`drawn: ${describeDrawn(written, scenario)}\n\n`);
  print(summary, scenario, options.json);
  return summary.unmet.length === 0 ? EXIT.held : EXIT.violated;
}

/** The one command that runs exactly this again. */
export function replayCommandFor(name: string, seed: string, settings: readonly Setting[]): string {
  return `npx lockstep run ${name} --seed ${seed}${showSettings(settings)}`;
}

/** Runs with every check on; progress goes to standard error, and every event to `take`, if anybody wants it. */
export function runWithProgress(
  scenario: Scenario,
  seed: string,
  take: ((event: TraceEvent) => void) | null,
  watch: HistoryWatch | null = null,
): RunResult {
  const progress = showProgress();
  const end = scenario.duration + scenario.settle;
  const result = runScenario(scenario, seed, {
    mode: "in place",
    checks: CHECKS,
    observe: watch?.observe,
    attach: (world) => {
      watch?.attach(world);
      if (take !== null) recordTrace(world, take);
    },
    progress: (at, events) => progress.update(at / end, `${events} events`),
  });
  progress.end();
  return result;
}

function print(summary: RunSummary, scenario: Scenario, json: boolean): void {
  process.stdout.write(json ? `${JSON.stringify(summary)}\n` : describeRun(summary, scenario));
}
