/** `lockstep replay FILE`: the same run again, exact to the last event, or the first event that differs. */
import { Command } from "commander";
import { showMicros } from "../scenarios/durations.ts";
import type { TraceEvent } from "../sim/engine/trace.ts";
import { createComparer, type Difference } from "../sim/engine/trace-comparer.ts";
import { isCounterexample, replayCounterexample } from "./counterexample-file.ts";
import { EXIT } from "./exit.ts";
import { runWithProgress } from "./run.ts";
import { readSeedFile, type SeedFile } from "./seed-file.ts";

export function replayCommand(): Command {
  return new Command("replay")
    .description("Run a seed file or a trace again: exact, or it shows the first event that differs.")
    .argument("<file>", "written by `lockstep run --save` or `--trace`, or by `lockstep verify --save`")
    .option("--json", "print one JSON value", false)
    .action((file: string, options: { json: boolean }) => {
      process.exitCode = replay(file, options.json);
    });
}

function replay(file: string, json: boolean): number {
  if (isCounterexample(file)) return replayCounterexample(file, json);
  const recorded = readSeedFile(file);
  const comparer = createComparer(recorded.events);
  const result = runWithProgress(
    recorded.scenario,
    recorded.header.seed,
    recorded.events === null ? null : comparer.take,
  );
  const difference = comparer.end();
  const exact = result.hash === recorded.header.hash && difference === null;
  const outcome = {
    file,
    exact,
    scenario: recorded.scenario.name,
    seed: recorded.header.seed,
    events: result.events,
    hash: result.hash,
    recordedHash: recorded.header.hash,
    difference,
  };
  process.stdout.write(json ? `${JSON.stringify(outcome)}\n` : describe(outcome, recorded));
  return exact ? EXIT.held : EXIT.violated;
}

function describe(
  outcome: {
    exact: boolean;
    events: number;
    hash: string;
    recordedHash: string;
    difference: Difference | null;
  },
  recorded: SeedFile,
): string {
  const { events, hash, recordedHash, difference } = outcome;
  if (outcome.exact) return `exact: ${events} events, hash ${hash}\n`;
  if (difference === null) {
    const hint = recorded.events === null ? " (a trace, `lockstep run --trace`, would show where)" : "";
    return `not exact: ${events} events, hash ${hash}, recorded was ${recordedHash}${hint}\n`;
  }
  return [
    `not exact: event ${difference.event} is the first that differs`,
    `  recorded  ${describeEvent(difference.recorded)}`,
    `  replayed  ${describeEvent(difference.replayed)}`,
    "",
  ].join("\n");
}

function describeEvent(event: TraceEvent | null): string {
  if (event === null) return "nothing: the run ends here";
  return `${showMicros(event.at)}, node ${event.node}: ${event.what}  [${event.digest}]`;
}
