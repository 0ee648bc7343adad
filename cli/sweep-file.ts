/** A sweep as it is kept in a file, from which it goes on; and the seed files of what it found. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { scenarioOfSeed } from "../explore/sweep/sweep-seed.ts";
import { failuresOf, tallySchema } from "../explore/sweep/tally.ts";
import { VERSION } from "../scenarios/version.ts";
import { parseFile, readText, writeText } from "./files.ts";
import { parseJson, parseNamed, settingsFromRecord, settingsToRecord } from "./scenario-argument.ts";
import { headerOf, writeSeedFile } from "./seed-file.ts";
import type { ReportedSweep } from "./sweep-report.ts";

/** Throws UserError. */
export function readSweepFile(path: string): ReportedSweep {
  const { sweep: of, tally } = parseFile(keptSchema, parseJson(readText(path), path), path, "a sweep");
  const { swarm, first, last, twiceEvery } = of;
  const scenario = parseNamed(path, of.scenario, []);
  const request = { scenario, swarm, first, last, twiceEvery };
  return { name: of.name, settings: settingsFromRecord(of.set), request, tally };
}

export function writeSweepFile(path: string, { name, settings, request, tally }: ReportedSweep): void {
  const of = { name, set: settingsToRecord(settings), ...request };
  writeText(path, `${JSON.stringify({ lockstep: VERSION, sweep: of, tally })}\n`);
}

/** A seed file of the quickest failure of each cause. */
export function saveFailures(folder: string, { name, settings, request, tally }: ReportedSweep): void {
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
