/** The `lockstep` command: one file a verb. */
import { Command } from "commander";
import { VERSION } from "../scenarios/version.ts";
import { checkCommand } from "./check.ts";
import { compareCommand } from "./compare.ts";
import { EXIT, failWith, UserError } from "./exit.ts";
import { explainCommand } from "./explain.ts";
import { listCommand } from "./list.ts";
import { replayCommand } from "./replay.ts";
import { runCommand } from "./run.ts";
import { shrinkCommand } from "./shrink.ts";
import { sweepCommand } from "./sweep.ts";
import { verifyCommand } from "./verify.ts";
import { workerCommand } from "./worker.ts";

const program = new Command("lockstep")
  .description("Multi-master replication for PostgreSQL whose every failure can be replayed.")
  .version(VERSION)
  .exitOverride()
  .configureOutput({ writeErr: () => {} })
  .addCommand(runCommand())
  .addCommand(replayCommand())
  .addCommand(compareCommand())
  .addCommand(sweepCommand())
  .addCommand(workerCommand())
  .addCommand(shrinkCommand())
  .addCommand(explainCommand())
  .addCommand(verifyCommand())
  .addCommand(checkCommand())
  .addCommand(listCommand());

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
