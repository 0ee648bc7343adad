/**
 * Seed files and traces: a run as a file.
 *
 * A seed file is JSON: `{lockstep: VERSION, scenario, seed, set, hash}`; the run is derived again. `scenario` is a name
 * of the catalogue, or a whole scenario. A trace is the same on its first line, with the number of events, and then a
 * line for each event: `[time, node, what, digest]`, the digest being the trace hash up to and with that event.
 */
import { z } from "zod";
import { findScenario } from "../scenarios/catalogue/catalogue.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { VERSION } from "../scenarios/version.ts";
import type { TraceEvent } from "../sim/engine/trace.ts";
import { UserError } from "./exit.ts";
import { parseFile, readText, writeText } from "./files.ts";
import {
  loadScenario,
  parseJson,
  parseNamed,
  type Setting,
  settingsFromRecord,
  settingsToRecord,
} from "./scenario-argument.ts";

const header = z.object({
  lockstep: z.string(),
  scenario: z.union([z.string(), z.looseObject({})]),
  seed: z.string(),
  set: z.record(z.string(), z.unknown()).default({}),
  hash: z.string().regex(/^[0-9a-f]{16}$/, { error: "expected 16 hexadecimal digits" }),
  events: z.number().int().optional(),
});

const event = z.tuple([z.number(), z.number(), z.string(), z.string()]);

export type SeedHeader = z.output<typeof header>;

export interface SeedFile {
  readonly header: SeedHeader;
  readonly scenario: Scenario;
  /** Null for a seed file. */
  readonly events: readonly TraceEvent[] | null;
}

/** Throws UserError: not there, damaged, or of another version. */
export function readSeedFile(path: string): SeedFile {
  const text = readText(path);
  const newline = text.indexOf("\n");
  const isTrace =
    newline >= 0 &&
    text
      .slice(newline + 1)
      .trimStart()
      .startsWith("[");
  const value = parseJson(isTrace ? text.slice(0, newline) : text, path);
  const head = parseFile(header, value, path, "a seed file or trace");
  return {
    header: head,
    scenario: scenarioOf(head, path),
    events: isTrace ? parseEvents(text.slice(newline + 1), head, path) : null,
  };
}

/**
 * Of the catalogue: its name and the settings. A file: the whole scenario, so that the file may change or go. One that
 * the seed drew: all that was drawn.
 */
export function headerOf(
  run: { name: string; settings: readonly Setting[]; scenario: Scenario; seed: string; swarm: boolean },
  hash: string,
): SeedHeader {
  const known = findScenario(run.name) !== undefined && !run.swarm;
  return {
    lockstep: VERSION,
    scenario: known ? run.name : run.scenario,
    seed: run.seed,
    set: known ? settingsToRecord(run.settings) : {},
    hash,
  };
}

export function writeSeedFile(path: string, head: SeedHeader): void {
  writeText(path, `${JSON.stringify(head, null, 2)}\n`);
}

export function writeTrace(path: string, head: SeedHeader, events: readonly TraceEvent[]): void {
  const lines = events.map(({ at, node, what, digest }) => JSON.stringify([at, node, what, digest]));
  writeText(path, `${[JSON.stringify({ ...head, events: events.length }), ...lines].join("\n")}\n`);
}

function scenarioOf({ scenario, set }: SeedHeader, path: string): Scenario {
  const settings = settingsFromRecord(set);
  if (typeof scenario === "string") return loadScenario(scenario, settings);
  return parseNamed(path, scenario, settings);
}

function parseEvents(text: string, head: SeedHeader, path: string): TraceEvent[] {
  const lines = text.split("\n").filter((line) => line.length > 0);
  const events = lines.map((line, index) => parseEvent(line, index, path));
  if (head.events !== undefined && head.events !== events.length) {
    throw new UserError(`${path} is damaged: it has ${events.length} of ${head.events} events`);
  }
  return events;
}

function parseEvent(line: string, index: number, path: string): TraceEvent {
  const place = `${path} is damaged at line ${index + 2}`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new UserError(`${place}: not JSON`);
  }
  const parsed = event.safeParse(value);
  if (!parsed.success) throw new UserError(`${place}: expected [time, node, what, digest]`);
  const [at, node, what, digest] = parsed.data;
  return { at, node, what, digest };
}
