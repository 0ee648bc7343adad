/** `lockstep replay FILE`: the same run again, exact to the last event, or the first event that differs. */
import { Command } from "commander";
import { showMicros } from "../scenarios/durations.ts";
import type { TraceEvent } from "../sim/engine/trace.ts";
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

interface Difference {
  /** Counted from 1. */
  readonly event: number;
  readonly recorded: TraceEvent | null;
  readonly replayed: TraceEvent | null;
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

/** Compares event by event, without keeping the replayed ones. */
function createComparer(recorded: readonly TraceEvent[] | null) {
  let count = 0;
  let difference: Difference | null = null;
  return {
    take(event: TraceEvent): void {
      count += 1;
      if (recorded === null || difference !== null) return;
      const expected = recorded[count - 1] ?? null;
      if (expected !== null && isSame(expected, event)) return;
      difference = { event: count, recorded: expected, replayed: event };
    },
    end(): Difference | null {
      const next = recorded?.[count];
      if (difference !== null || next === undefined) return difference;
      return { event: count + 1, recorded: next, replayed: null };
    },
  };
}

function isSame(one: TraceEvent, other: TraceEvent): boolean {
  return (
    one.digest === other.digest && one.at === other.at && one.node === other.node && one.what === other.what
  );
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
