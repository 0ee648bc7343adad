/** `lockstep sweep SCENARIO`: many seeds, here or on a fleet, each another cluster; failures grouped by cause. */
import { availableParallelism } from "node:os";
import { Command } from "commander";
import { sweep } from "../explore/sweep/sweep.ts";
import { createTally, seedsDone } from "../explore/sweep/tally.ts";
import { UserError } from "./exit.ts";
import { assertWritable } from "./files.ts";
import { parsePositive } from "./number-option.ts";
import { showProgress } from "./progress.ts";
import { cancelQueued, enqueueAndFollow, followQueued, printFleet } from "./queued-sweep.ts";
import { collectSetting, loadScenario, type Setting } from "./scenario-argument.ts";
import { parseSeedRange } from "./seed-range.ts";
import { readSweepFile, saveFailures, writeSweepFile } from "./sweep-file.ts";
import { describeSweep, exitCodeOf, type ReportedSweep, reportOf } from "./sweep-report.ts";

interface SweepCommandOptions {
  readonly seeds: string;
  readonly workers?: string;
  readonly minutes?: string;
  readonly set: readonly Setting[];
  readonly asIs: boolean;
  readonly checkDeterminism?: string | true;
  readonly out?: string;
  readonly resume?: string;
  readonly save?: string;
  readonly queue?: string;
  readonly detach: boolean;
  readonly follow?: string;
  readonly cancel?: string;
  readonly status: boolean;
  readonly json: boolean;
}

export function sweepCommand(): Command {
  return new Command("sweep")
    .description("Run many seeds of a scenario, each another cluster, and group the failures by cause.")
    .argument(
      "[scenario]",
      "a name of the catalogue, or a JSON file; none with --resume, --follow, --cancel, --status",
    )
    .option("--seeds <A..B>", "a range of seeds", "1..100")
    .option("--workers <n>", `threads (${availableParallelism()})`)
    .option("--minutes <m>", "begin no run after so long")
    .option("--set <key=value>", "change a field of the scenario", collectSetting, [])
    .option("--as-is", "run the scenario as it is written, and draw nothing", false)
    .option("--check-determinism [percent]", "run a share of the seeds (5) twice, and compare event by event")
    .option("--out <file>", "keep the result, from which --resume goes on; Ctrl-C leaves one in any case")
    .option("--resume <file>", "go on with a sweep that was cut short")
    .option("--save <folder>", "write a seed file of the quickest failure of each cause")
    .option(
      "--queue <url>",
      "leave the seeds to `lockstep worker`s, through a PostgreSQL that all of them reach",
    )
    .option("--detach", "with --queue: do not wait for the result", false)
    .option("--follow <number>", "with --queue: wait for the result of a sweep that is in the queue")
    .option("--cancel <number>", "with --queue: begin no more seeds of a sweep")
    .option("--status", "with --queue: show sweeps and workers", false)
    .option("--json", "print one JSON value", false)
    .action(async (name: string | undefined, options: SweepCommandOptions) => {
      process.exitCode = await runSweep(name, options);
    });
}

async function runSweep(name: string | undefined, options: SweepCommandOptions): Promise<number> {
  if (options.queue !== undefined) return await runQueued(options.queue, name, options);
  refuse(options, QUEUE_ONLY, "needs --queue");
  return await runHere(name, options);
}

const QUEUE_ONLY = ["detach", "follow", "cancel", "status"] as const;
const HERE_ONLY = ["workers", "minutes", "resume", "out"] as const;

function refuse(
  options: SweepCommandOptions,
  names: readonly (keyof SweepCommandOptions)[],
  why: string,
): void {
  const given = names.find((name) => options[name] !== undefined && options[name] !== false);
  if (given !== undefined) throw new UserError(`--${given} ${why}`);
}

async function runQueued(
  url: string,
  name: string | undefined,
  options: SweepCommandOptions,
): Promise<number> {
  refuse(options, HERE_ONLY, "is of no use with --queue");
  const { json, save } = options;
  if (options.status) return await printFleet(url, json);
  if (options.cancel !== undefined)
    return await cancelQueued(url, parsePositive("--cancel", options.cancel, true));
  if (options.follow !== undefined) {
    return await followQueued(url, parsePositive("--follow", options.follow, true), { json, save });
  }
  return await enqueueAndFollow(url, begin(name, options, LARGEST_QUEUED), {
    json,
    save,
    detach: options.detach,
  });
}

async function runHere(name: string | undefined, options: SweepCommandOptions): Promise<number> {
  const kept =
    options.resume === undefined ? begin(name, options, LARGEST_SWEEP) : readSweepFile(options.resume);
  const out =
    options.out ?? options.resume ?? `sweep-${kept.request.scenario.name.replaceAll(/\W+/g, "-")}.json`;
  if (options.out !== undefined) assertWritable(options.out);
  const ended = await runUntilStopped(kept, options);
  if (options.out !== undefined || options.resume !== undefined || !ended) writeSweepFile(out, kept);
  if (options.save !== undefined) saveFailures(options.save, kept);
  const report = reportOf(kept, ended ? null : out);
  const goOn = ended ? null : `npx lockstep sweep --resume ${out}`;
  process.stdout.write(
    options.json ? `${JSON.stringify(report)}\n` : describeSweep(report, kept.request, goOn),
  );
  return exitCodeOf(report);
}

function begin(name: string | undefined, options: SweepCommandOptions, most: number): ReportedSweep {
  if (name === undefined) throw new UserError("sweep: name a scenario, or a file with --resume");
  const scenario = loadScenario(name, options.set);
  const { first, last } = parseSeedRange(options.seeds, most);
  const twiceEvery = parseShare(options.checkDeterminism);
  const request = { scenario, swarm: !options.asIs, first, last, twiceEvery };
  return { name, settings: options.set, request, tally: createTally() };
}

const LARGEST_SWEEP = 1_000_000_000;

/** A seed of a queue is a row, and a range of them a job. */
const LARGEST_QUEUED = 10_000_000;

/** Runs what is left; false if it was told to stop before the end. */
async function runUntilStopped(
  { request, tally }: ReportedSweep,
  options: SweepCommandOptions,
): Promise<boolean> {
  const workers = parsePositive("--workers", options.workers ?? String(availableParallelism()), true);
  const minutes = options.minutes === undefined ? null : parsePositive("--minutes", options.minutes, false);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt);
  const timer = minutes === null ? undefined : setTimeout(interrupt, minutes * 60_000);
  const progress = showProgress();
  const total = request.last - request.first + 1;
  const before = seedsDone(tally);
  const began = performance.now();
  try {
    await sweep(request, tally, {
      workers,
      stop: stop.signal,
      progress: (done, failed) => {
        const rate = ((done - before) / (performance.now() - began)) * 1_000;
        progress.update(
          done / total,
          `${done} of ${total} seeds, ${rate.toFixed(1)} a second, ${failed} failed`,
        );
      },
    });
  } finally {
    progress.end();
    const seconds = (performance.now() - began) / 1_000;
    process.stderr.write(
      `${seedsDone(tally) - before} seeds in ${seconds.toFixed(1)} s, ${workers} workers\n`,
    );
    clearTimeout(timer);
    process.off("SIGINT", interrupt);
  }
  return seedsDone(tally) === total;
}

/** Every how many seeds one is run twice. */
function parseShare(option: string | true | undefined): number {
  if (option === undefined) return 0;
  if (option === true) return 20;
  const percent = parsePositive("--check-determinism", option, false);
  return Math.max(1, Math.round(100 / percent));
}
