/** A scenario as the command line names it: of the catalogue, or a file, with `--set key=value` on top. */
import { existsSync } from "node:fs";
import { CATALOGUE, findScenario } from "../scenarios/catalogue/catalogue.ts";
import { CHECKS } from "../scenarios/checks/checks.ts";
import { parseScenario, type Scenario, ScenarioError } from "../scenarios/scenario.ts";
import { UserError } from "./exit.ts";
import { readText } from "./files.ts";

/** A setting as it was given: a path of fields, and a JSON value or text. */
export interface Setting {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Throws UserError. */
export function loadScenario(name: string, settings: readonly Setting[]): Scenario {
  return parseNamed(name, findScenario(name) ?? readScenarioFile(name), settings);
}

/** A scenario that the name only describes, e.g. one inside a seed file. Throws UserError. */
export function parseNamed(name: string, input: unknown, settings: readonly Setting[]): Scenario {
  const scenario = parse(name, input);
  if (settings.length === 0) return scenario;
  const changed = structuredClone(scenario);
  for (const setting of settings) applySetting(changed, setting);
  return parse(name, changed);
}

function parse(name: string, input: unknown): Scenario {
  try {
    const scenario = parseScenario(input);
    assertChecksExist(name, scenario);
    return scenario;
  } catch (error) {
    if (error instanceof ScenarioError) throw new UserError(`${name}: ${error.message}`);
    throw error;
  }
}

/** The scenario format does not know the checks, which know it. */
function assertChecksExist(name: string, { expect }: Scenario): void {
  expect.forEach(({ verdicts }, index) => {
    const unknown = Object.keys(verdicts).find((check) => !CHECKS.some((known) => known.name === check));
    if (unknown === undefined) return;
    throw new UserError(
      `${name}: expect.${index}.verdicts: there is no check "${unknown}"; \`lockstep list\` shows them`,
    );
  });
}

/** "workload.clients=3", collected by commander. */
export function collectSetting(text: string, earlier: readonly Setting[]): Setting[] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UserError(`--set ${text}: expected key=value, as in --set commit=2pc`);
  return [...earlier, { path: text.slice(0, equals).split("."), value: parseValue(text.slice(equals + 1)) }];
}

/** The settings as the user would type them. */
export function showSettings(settings: readonly Setting[]): string {
  return settings.map(({ path, value }) => ` --set ${path.join(".")}=${showValue(value)}`).join("");
}

/** Settings in the form of a seed file's `set`. */
export function settingsToRecord(settings: readonly Setting[]): Record<string, unknown> {
  return Object.fromEntries(settings.map(({ path, value }) => [path.join("."), value]));
}

export function settingsFromRecord(record: Readonly<Record<string, unknown>>): Setting[] {
  return Object.entries(record).map(([key, value]) => ({ path: key.split("."), value }));
}

function readScenarioFile(name: string): unknown {
  if (!existsSync(name)) {
    const near = CATALOGUE.map((scenario) => scenario.name).filter((known) => known.includes(name));
    const hint =
      near.length > 0 ? `; did you mean ${near.join(" or ")}?` : "; `lockstep list` shows the catalogue";
    throw new UserError(`there is no scenario and no file "${name}"${hint}`);
  }
  return parseJson(readText(name), name);
}

/** Throws UserError with the place of the first character that does not fit. */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UserError(`${name} is not JSON: ${(error as Error).message}`);
  }
}

function applySetting(input: unknown, { path, value }: Setting): void {
  if (path.includes("__proto__")) throw new UserError(`--set ${path.join(".")}: there is no such field`);
  let place = input as Record<string, unknown>;
  for (const field of path.slice(0, -1)) {
    const inner = (Object.hasOwn(place, field) ? place[field] : undefined) ?? {};
    if (typeof inner !== "object" || inner === null) {
      throw new UserError(
        `--set ${path.join(".")}: ${field} is ${JSON.stringify(inner)}, which has no fields`,
      );
    }
    place[field] = inner;
    place = inner as Record<string, unknown>;
  }
  place[path[path.length - 1] as string] = value;
}

/** JSON where it is JSON, else the text itself: `2pc`, `5s`. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function showValue(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w.:/-]*$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
