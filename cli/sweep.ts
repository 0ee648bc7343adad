/** `lockstep sweep SCENARIO`: many seeds on all cores, each another cluster; failures grouped by cause. */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { z } from "zod";
import { expectedCoverage } from "../explore/sweep/coverage.ts";
import { describeDrawn } from "../explore/sweep/swarm.ts";
import { failedSeeds, type SweepRequest, sweep } from "../explore/sweep/sweep.ts";
import { scenarioOfSeed } from "../explore/sweep/sweep-seed.ts";
import {
  createTally,
  failuresOf,
  seedsDone,
  shareBelow,
  type Tally,
  tallySchema,
} from "../explore/sweep/tally.ts";
import { showMicros } from "../scenarios/durations.ts";
import { VERSION } from "../scenarios/version.ts";
import { EXIT, UserError } from "./exit.ts";
import { assertWritable, parseFile, readText, writeText } from "./files.ts";
import { parsePositive } from "./number-option.ts";
import { showProgress } from "./progress.ts";
import { paint } from "./report.ts";
import { replayCommandFor } from "./run.ts";
import {
  collectSetting,
  loadScenario,
  parseJson,
  parseNamed,
  type Setting,
  settingsFromRecord,
  settingsToRecord,
} from "./scenario-argument.ts";
import { headerOf, writeSeedFile } from "./seed-file.ts";
import { parseSeedRange } from "./seed-range.ts";

interface SweepCommandOptions {
  readonly seeds: string;
  readonly workers: string;
  readonly minutes?: string;
  readonly set: readonly Setting[];
  readonly asIs: boolean;
  readonly checkDeterminism?: string | true;
  readonly out?: string;
  readonly resume?: string;
  readonly save?: string;
  readonly json: boolean;
}

export function sweepCommand(): Command {
  return new Command("sweep")
    .description("Run many seeds of a scenario, each another cluster, and group the failures by cause.")
    .argument("[scenario]", "a name of the catalogue, or a JSON file; none with --resume")
    .option("--seeds <A..B>", "a range of seeds", "1..100")
    .option("--workers <n>", "threads", String(availableParallelism()))
    .option("--minutes <m>", "begin no run after so long")
    .option("--set <key=value>", "change a field of the scenario", collectSetting, [])
    .option("--as-is", "run the scenario as it is written, and draw nothing", false)
    .option("--check-determinism [percent]", "run a share of the seeds (5) twice, and compare event by event")
    .option("--out <file>", "keep the result, from which --resume goes on; Ctrl-C leaves one in any case")
    .option("--resume <file>", "go on with a sweep that was cut short")
    .option("--save <folder>", "write a seed file of the quickest failure of each cause")
    .option("--json", "print one JSON value", false)
    .action(async (name: string | undefined, options: SweepCommandOptions) => {
      process.exitCode = await runSweep(name, options);
    });
}

/** A sweep as it is kept in a file. */
interface Kept {
  readonly name: string;
  readonly settings: readonly Setting[];
  readonly request: SweepRequest;
  readonly tally: Tally;
}

async function runSweep(name: string | undefined, options: SweepCommandOptions): Promise<number> {
  const kept = options.resume === undefined ? begin(name, options) : readKept(options.resume);
  const out =
    options.out ?? options.resume ?? `sweep-${kept.request.scenario.name.replaceAll(/\W+/g, "-")}.json`;
  if (options.out !== undefined) assertWritable(options.out);
  const ended = await runUntilStopped(kept, options);
  if (options.out !== undefined || options.resume !== undefined || !ended) writeKept(out, kept);
  if (options.save !== undefined) saveFailures(options.save, kept);
  const report = reportOf(kept, ended ? null : out);
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describe(report, kept));
  return report.failed === 0 && report.differing.length === 0 ? EXIT.held : EXIT.violated;
}

function begin(name: string | undefined, options: SweepCommandOptions): Kept {
  if (name === undefined) throw new UserError("sweep: name a scenario, or a file with --resume");
  const scenario = loadScenario(name, options.set);
  const { first, last } = parseSeedRange(options.seeds, LARGEST_SWEEP);
  const twiceEvery = parseShare(options.checkDeterminism);
  const request = { scenario, swarm: !options.asIs, first, last, twiceEvery };
  return { name, settings: options.set, request, tally: createTally() };
}

const LARGEST_SWEEP = 1_000_000_000;

/** Runs what is left; false if it was told to stop before the end. */
async function runUntilStopped({ request, tally }: Kept, options: SweepCommandOptions): Promise<boolean> {
  const workers = parsePositive("--workers", options.workers, true);
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

const keptSchema = z.object({
  lockstep: z.string(),
  sweep: z.object({
    name: z.string(),
    set: z.record(z.string(), z.unknown()),
    scenario: z.unknown(),
    swarm: z.boolean(),
    first: z.int(),
    last: z.int(),
    twiceEvery: z.int(),
  }),
  tally: tallySchema,
});

function readKept(path: string): Kept {
  const { sweep: of, tally } = parseFile(keptSchema, parseJson(readText(path), path), path, "a sweep");
  const { swarm, first, last, twiceEvery } = of;
  const scenario = parseNamed(path, of.scenario, []);
  const request = { scenario, swarm, first, last, twiceEvery };
  return { name: of.name, settings: settingsFromRecord(of.set), request, tally };
}

function writeKept(path: string, { name, settings, request, tally }: Kept): void {
  const of = { name, set: settingsToRecord(settings), ...request };
  writeText(path, `${JSON.stringify({ lockstep: VERSION, sweep: of, tally })}\n`);
}

function saveFailures(folder: string, { name, settings, request, tally }: Kept): void {
  mkdirSync(folder, { recursive: true });
  for (const { cause, quickest } of failuresOf(tally)) {
    const [first] = quickest;
    if (first === undefined || first.hash === "") continue;
    const { seed, hash } = first;
    const scenario = scenarioOfSeed({ ...request, seed });
    const file = join(folder, `${cause.slice(0, 40).replaceAll(/\W+/g, "-")}-${seed}.json`);
    writeSeedFile(file, headerOf({ name, settings, scenario, seed, swarm: request.swarm }, hash));
  }
}

function reportOf({ name, settings, request, tally }: Kept, resumable: string | null) {
  const expected = expectedCoverage(request.scenario.commit);
  return {
    scenario: request.scenario.name,
    commit: request.scenario.commit,
    snapshot: request.scenario.snapshot,
    seeds: { first: request.first, last: request.last, done: seedsDone(tally) },
    swarm: request.swarm,
    failed: failedSeeds(tally),
    causes: failuresOf(tally).map(({ cause, count, quickest }) => ({
      cause,
      count,
      seeds: quickest.map(({ seed }) => seed),
      evidence: quickest[0]?.evidence ?? "",
      drawn: describeSeed(request, quickest[0]?.seed ?? ""),
      replay: replayOf(name, settings, request, quickest[0]?.seed ?? ""),
    })),
    verdicts: tally.verdicts,
    isolation: tally.isolation,
    neverReached: expected.filter((what) => tally.reached[what] === undefined),
    reached: tally.reached,
    blocked: tally.blocked,
    latencyUs: percentiles(tally.latencyUs),
    inDoubtUs: percentiles(tally.inDoubtUs),
    eventsOfRuns: percentiles(tally.eventsOfRuns),
    events: tally.events,
    virtualUs: tally.virtualUs,
    busyMs: Math.round(tally.busyMs),
    runTwice: tally.runTwice,
    differing: tally.differing,
    resumable,
  };
}

type SweepReport = ReturnType<typeof reportOf>;

function percentiles(histogram: Readonly<Record<string, number>>) {
  return {
    median: shareBelow(histogram, 0.5),
    p99: shareBelow(histogram, 0.99),
    max: shareBelow(histogram, 1),
  };
}

function describeSeed(request: SweepRequest, seed: string): string {
  if (!request.swarm) return "";
  return describeDrawn(request.scenario, scenarioOfSeed({ ...request, seed }));
}

function replayOf(name: string, settings: readonly Setting[], request: SweepRequest, seed: string): string {
  return `${replayCommandFor(name, seed, settings)}${request.swarm ? " --swarm" : ""}`;
}

function describe(report: SweepReport, { request }: Kept): string {
  const { seeds, failed } = report;
  const lines = [
    `${paint("bold", report.scenario)}  ${report.commit}, ${report.snapshot}; ${seeds.done} of ${seeds.last - seeds.first + 1} seeds, ${request.swarm ? "each a cluster of its own" : "the scenario as it is"}`,
    `  ${report.events} events in ${showMicros(report.virtualUs)} of virtual time`,
    "",
    ...verdictLines(report),
    "",
    `  isolation reached: ${Object.entries(report.isolation)
      .map(([level, count]) => `${level} ${count}`)
      .join(", ")}`,
    `  ${spread("median commit latency of a run", report.latencyUs)}`,
    `  ${spread("longest in doubt in a run", report.inDoubtUs)}`,
    `  events of a run: half at most ${report.eventsOfRuns.median ?? "-"}, all at most ${report.eventsOfRuns.max ?? "-"}`,
    `  blocked at the end: ${report.blocked}`,
    ...(report.neverReached.length === 0 ? [] : [`  never reached: ${report.neverReached.join(", ")}`]),
    ...determinismLines(report),
    "",
    failed === 0 ? `  ${paint("green", "no seed failed")}` : `  ${paint("red", `${failed} seeds failed`)}`,
    ...report.causes.flatMap(({ count, seeds: failing, evidence, drawn, replay }) => [
      `    ${count} by: ${evidence}`,
      ...(drawn === "" ? [] : [paint("dim", `      ${drawn}`)]),
      `      seeds ${failing.join(", ")}${count > failing.length ? ", ..." : ""}; the quickest: ${replay}`,
    ]),
    ...(report.resumable === null
      ? []
      : ["", `  not all were run; go on with: npx lockstep sweep --resume ${report.resumable}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function verdictLines({ verdicts }: SweepReport): string[] {
  return Object.entries(verdicts).map(([check, counts]) => {
    const violated = counts.violated > 0 ? paint("red", `violated ${counts.violated}`) : "";
    return `  ${check.padEnd(22)} holds ${String(counts.holds).padStart(6)}  not exercised ${String(counts["not exercised"]).padStart(6)}  ${violated}`.trimEnd();
  });
}

function spread(name: string, of: { median: number | null; p99: number | null; max: number | null }): string {
  const show = (us: number | null): string => (us === null ? "-" : showMicros(us));
  return `${name}: half at most ${show(of.median)}, 99% at most ${show(of.p99)}, all at most ${show(of.max)}`;
}

function determinismLines({ runTwice, differing }: SweepReport): string[] {
  if (runTwice === 0) return [];
  if (differing.length === 0) return [`  ${runTwice} seeds run twice, exactly the same event by event`];
  return differing.map(({ seed, differs }) => paint("red", `  seed ${seed} differs from itself: ${differs}`));
}

/** Every how many seeds one is run twice. */
function parseShare(option: string | true | undefined): number {
  if (option === undefined) return 0;
  if (option === true) return 20;
  const percent = parsePositive("--check-determinism", option, false);
  return Math.max(1, Math.round(100 / percent));
}
