/** `lockstep shrink FILE`: the smallest scenario that fails in the same way. */
import { Command } from "commander";
import { minimalInput, printInput } from "../explore/shrink/minimal-input.ts";
import { type Shrunk, type Size, shrink } from "../explore/shrink/shrink.ts";
import { showMicros } from "../scenarios/durations.ts";
import { VERSION } from "../scenarios/version.ts";
import { EXIT, UserError } from "./exit.ts";
import { assertWritable } from "./files.ts";
import { parsePositive } from "./number-option.ts";
import { showProgress } from "./progress.ts";
import { readSeedFile, writeSeedFile } from "./seed-file.ts";

interface ShrinkCommandOptions {
  readonly out?: string;
  readonly runs: string;
  readonly json: boolean;
}

export function shrinkCommand(): Command {
  return new Command("shrink")
    .description("Find the smallest scenario that fails in the same way as the run of a seed file.")
    .argument("<file>", "a seed file or a trace of a run that fails")
    .option("--out <file>", "where to write the seed file of the smallest (default: FILE with .min.json)")
    .option("--runs <n>", "run at most so often", "5000")
    .option("--json", "print one JSON value", false)
    .action((file: string, options: ShrinkCommandOptions) => {
      process.exitCode = runShrink(file, options);
    });
}

function runShrink(file: string, options: ShrinkCommandOptions): number {
  const { scenario, header } = readSeedFile(file);
  const mostRuns = parsePositive("--runs", options.runs, true);
  const out = options.out ?? `${file.replace(/\.(json|trace)$/, "")}.min.json`;
  assertWritable(out);
  const progress = showProgress();
  const shrunk = shrink(scenario, header.seed, {
    mostRuns,
    progress: (runs, size) => progress.update(runs / mostRuns, `${runs} runs; ${describeSize(size)}`),
  });
  progress.end();
  if (shrunk === null)
    throw new UserError(`${file}: nothing fails in this run, so there is nothing to shrink`);
  const input = minimalInput(shrunk.scenario);
  writeSeedFile(out, {
    lockstep: VERSION,
    scenario: input as Record<string, unknown>,
    seed: shrunk.seed,
    set: {},
    hash: shrunk.hash,
  });
  process.stdout.write(
    options.json ? `${JSON.stringify({ ...shrunk, input, out })}\n` : describe(shrunk, input, out),
  );
  return EXIT.held;
}

function describe(
  { cause, before, after, runs, smallest, seed }: Shrunk,
  input: unknown,
  out: string,
): string {
  return `${[
    `fails by "${cause.check}": ${cause.evidence}`,
    "",
    `  before  ${describeSize(before)}`,
    `  after   ${describeSize(after)}`,
    `  ${runs} runs${smallest ? ", and no part of it can be left out" : "; more runs may find a smaller one"}`,
    "",
    printInput(input),
    "",
    `seed ${seed}, written to ${out}: npx lockstep replay ${out}`,
  ].join("\n")}\n`;
}

function describeSize({ nodes, faults, transactions, events, virtualUs, lines }: Size): string {
  return `${nodes} nodes, ${faults} faults, ${transactions} transactions, ${events} events, ${showMicros(virtualUs)}, ${lines} lines`;
}
