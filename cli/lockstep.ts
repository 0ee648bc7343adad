/** The `lockstep` command: one file a verb. */
import { Command } from "commander";
import { VERSION } from "../scenarios/version.ts";
import { EXIT, failWith, UserError } from "./exit.ts";

/** Loaded when it is asked for: to load all of them takes longer than many a run. */
const VERBS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run.ts")).runCommand(),
  replay: async () => (await import("./replay.ts")).replayCommand(),
  compare: async () => (await import("./compare.ts")).compareCommand(),
  failures: async () => (await import("./failures.ts")).failuresCommand(),
  sweep: async () => (await import("./sweep.ts")).sweepCommand(),
  worker: async () => (await import("./worker.ts")).workerCommand(),
  shrink: async () => (await import("./shrink.ts")).shrinkCommand(),
  explain: async () => (await import("./explain.ts")).explainCommand(),
  verify: async () => (await import("./verify.ts")).verifyCommand(),
  mutants: async () => (await import("./mutants.ts")).mutantsCommand(),
  check: async () => (await import("./check.ts")).checkCommand(),
  status: async () => (await import("./status.ts")).statusCommand(),
  list: async () => (await import("./list.ts")).listCommand(),
};

const program = new Command("lockstep")
  .description("Multi-master replication for PostgreSQL whose every failure can be replayed.")
  .version(VERSION)
  .exitOverride()
  .configureOutput({ writeErr: () => {} });

const verb = process.argv[2] ?? "";
const asked = Object.hasOwn(VERBS, verb) ? [verb] : Object.keys(VERBS);
for (const name of asked) program.addCommand(await VERBS[name]!());
for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => {} });

try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync(process.argv);
} catch (error) {
  process.exitCode = answerTo(error);
}

/** A user's mistake is one line and exit code 2; anything else is our bug and shows its stack. */
function answerTo(error: unknown): number {
  if (error instanceof UserError) return failWith(error.message);
  if (isCommanderError(error)) {
    // --help and --version have printed what was asked for.
    if (error.exitCode === 0) return EXIT.held;
    return failWith(error.message.replace(/^error: /, ""));
  }
  throw error;
}

function isCommanderError(error: unknown): error is Error & { exitCode: number } {
  return error instanceof Error && "exitCode" in error && error.name === "CommanderError";
}
