/** `lockstep list`: the catalogue, and what a run is checked for. */
import { Command } from "commander";
import { CATALOGUE } from "../scenarios/catalogue/catalogue.ts";
import { CHECKS } from "../scenarios/checks/checks.ts";
import { MUTANTS } from "../scenarios/mutants/mutants.ts";
import { EXIT } from "./exit.ts";

export function listCommand(): Command {
  return new Command("list")
    .description("List the scenarios, the checks and the mutants.")
    .option("--json", "print one JSON value", false)
    .action((options: { json: boolean }) => {
      process.stdout.write(options.json ? `${JSON.stringify(asData())}\n` : asText());
      process.exitCode = EXIT.held;
    });
}

function asData() {
  return {
    scenarios: CATALOGUE.map(({ name, about, source }) => ({ name, about, source })),
    checks: CHECKS.map(({ name, holds, source }) => ({ name, holds, source })),
    mutants: MUTANTS.map(({ name, about, caughtBy }) => ({ name, about, caughtBy })),
  };
}

function asText(): string {
  const { scenarios, checks, mutants } = asData();
  return [
    ...section(
      "Scenarios",
      scenarios.map(({ name, about }) => [name, about ?? ""] as const),
    ),
    ...section(
      "Checks, all of them in every run",
      checks.map(({ name, holds }) => [name, holds] as const),
    ),
    ...section(
      "Mutants, for --set mutant=NAME",
      mutants.map(({ name, about, caughtBy }) => [name, `${about} (caught by "${caughtBy}")`] as const),
    ),
  ].join("\n");
}

function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return [title, ...rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`), ""];
}
