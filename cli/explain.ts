/** `lockstep explain FILE`: a failing run as a short story, and the step after which it could no longer end well. */
import { Command } from "commander";
import { type Story, type StoryLine, tellStory } from "../explore/explain/story.ts";
import { findTurningPoint, type TurningPoint } from "../explore/explain/turning-point.ts";
import { showMicros } from "../scenarios/durations.ts";
import { EXIT, UserError } from "./exit.ts";
import { parsePositive } from "./number-option.ts";
import { paint } from "./report.ts";
import { readSeedFile } from "./seed-file.ts";

interface ExplainOptions {
  readonly branches: string;
  readonly json: boolean;
}

export function explainCommand(): Command {
  return new Command("explain")
    .description(
      "Tell a failing run as a short story, with the step after which it could no longer end well.",
    )
    .argument("<file>", "a seed file or a trace of a run that fails; `lockstep shrink` makes the story short")
    .option("--branches <n>", "how many other ways to go on are tried from a step", "8")
    .option("--json", "print one JSON value", false)
    .action((file: string, options: ExplainOptions) => {
      process.exitCode = explain(file, options);
    });
}

function explain(file: string, options: ExplainOptions): number {
  const { scenario, header } = readSeedFile(file);
  const branches = parsePositive("--branches", options.branches, true);
  const story = tellStory(scenario, header.seed);
  if (story === null)
    throw new UserError(`${file}: nothing fails in this run, so there is nothing to explain`);
  const run = { events: story.events, check: story.cause.check };
  const turning = findTurningPoint(scenario, header.seed, run, branches);
  process.stdout.write(
    options.json ? `${JSON.stringify({ ...story, turning })}\n` : describe(story, turning),
  );
  return EXIT.held;
}

function describe(story: Story, turning: TurningPoint): string {
  const { cause, transactions, lines } = story;
  const before = lines.filter(({ event }) => event < turning.event);
  const after = lines.slice(before.length);
  const about = transactions.length === 0 ? "all transactions" : transactions.join(", ");
  return `${[
    `fails by "${cause.check}": ${cause.evidence}`,
    "",
    `What befell ${about}:`,
    "",
    ...before.map(describeLine),
    ...(turning.event === 0 ? [] : [turningLine(turning)]),
    ...after.map(describeLine),
    "",
    ending(turning),
  ].join("\n")}\n`;
}

function describeLine({ at, node, what }: StoryLine): string {
  return `  ${showMicros(at).padStart(9)}  ${node === 0 ? what : `node ${node} ${what}`}`;
}

function turningLine({ event, step }: TurningPoint): string {
  return paint("bold", `  ${"-->".padStart(9)}  event ${event}: node ${step?.node} takes "${step?.what}"`);
}

function ending({ event, branches }: TurningPoint): string {
  if (event === 0) {
    return `It could not have ended well: with ${branches} other seeds from the start it fails in the same way.`;
  }
  return `After the step marked --> it could no longer end well: ${branches} of ${branches} other ways to go on from there fail too. From one step earlier, another way still ended well.`;
}
