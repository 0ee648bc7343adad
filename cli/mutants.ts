/** `lockstep mutants`: every deliberately broken protocol, the check that notices, and how many seeds that took. */
import { Command } from "commander";
import { getBorderCharacters, table } from "table";
import { type Caught, catchMutant } from "../explore/catch-mutant.ts";
import type { Mutant } from "../scenarios/mutants/mutant.ts";
import { MUTANTS } from "../scenarios/mutants/mutants.ts";
import { EXIT, UserError } from "./exit.ts";
import { parsePositive } from "./number-option.ts";
import { showProgress } from "./progress.ts";

interface Row extends Caught {
  readonly mutant: Mutant;
}

export function mutantsCommand(): Command {
  return new Command("mutants")
    .description(
      "Break the protocol on purpose, in every way there is, and count the seeds until a check notices.",
    )
    .argument("[names...]", "only these (lockstep list names them)")
    .option("--seeds <n>", "give up on a mutant after so many", "40")
    .option("--json", "print one JSON value", false)
    .action((names: readonly string[], options: { seeds: string; json: boolean }) => {
      const rows = catchAll(mutantsNamed(names), parsePositive("--seeds", options.seeds, true));
      process.stdout.write(options.json ? `${JSON.stringify(rows.map(asData))}\n` : describe(rows));
      process.exitCode = rows.every(({ seed }) => seed > 0) ? EXIT.held : EXIT.violated;
    });
}

function mutantsNamed(names: readonly string[]): readonly Mutant[] {
  if (names.length === 0) return MUTANTS;
  return names.map((name) => {
    const found = MUTANTS.find((mutant) => mutant.name === name);
    if (found === undefined) throw new UserError(`there is no mutant ${name}; lockstep list names them`);
    return found;
  });
}

function catchAll(mutants: readonly Mutant[], seeds: number): Row[] {
  const progress = showProgress();
  const rows = mutants.map((mutant, index) => {
    progress.update(index / mutants.length, mutant.name);
    return { mutant, ...catchMutant(mutant, seeds) };
  });
  progress.end();
  return rows;
}

function asData({ mutant, seed, evidence }: Row) {
  const { name, about, source, caughtBy } = mutant;
  return { name, about, source, caughtBy, seeds: seed, evidence };
}

function describe(rows: readonly Row[]): string {
  const cells = rows.map(({ mutant, seed }) => [
    mutant.name,
    mutant.source,
    mutant.caughtBy,
    seed === 0 ? "not caught" : String(seed),
  ]);
  const missed = rows.filter(({ seed }) => seed === 0).length;
  const lines = table([["mutant", "of", "caught by", "seeds"], ...cells], {
    border: getBorderCharacters("void"),
    columnDefault: { paddingLeft: 0, paddingRight: 2 },
    columns: [{}, { width: 60, wrapWord: true }, {}, { alignment: "right" }],
    drawHorizontalLine: () => false,
  });
  const sum = missed === 0 ? `all ${rows.length} are caught` : `${missed} of ${rows.length} are not caught`;
  return `${lines.replace(/ +$/gm, "")}\n${sum}\n`;
}
