/**
 * Everything that README and docs/ show is what happens: each document is its own snapshot, with the output of every
 * command in it put in anew, and every scenario in it read from the file that the commands run.
 *
 * To write the documents anew: npx vitest run docs -u
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MEMBERSHIP } from "../explore/verify/models/membership/membership.ts";
import { type EmbeddedServer, startEmbeddedServer } from "../pg/servers/embedded-server.ts";
import { COMMIT_PROTOCOLS, SNAPSHOT_MANAGERS } from "../protocol/config.ts";
import { CATALOGUE } from "../scenarios/catalogue/catalogue.ts";
import { SITE_NAMES } from "../scenarios/faults.ts";
import { MUTANT_NAMES } from "../scenarios/mutants/names.ts";
import { scenarioSchema } from "../scenarios/scenario.ts";

const DOCUMENTS = [
  "README.md",
  "docs/protocols.md",
  "docs/membership.md",
  "docs/recovery.md",
  "docs/scenarios.md",
  "docs/exploring.md",
];

let folder = "";
let server: EmbeddedServer;
let data = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-docs-"));
  data = mkdtempSync(join(tmpdir(), "lockstep-docs-server-"));
  server = await startEmbeddedServer({ folder: data });
});
afterAll(async () => {
  await server.stop();
  for (const path of [folder, data]) rmSync(path, { recursive: true, force: true });
});

describe.each(DOCUMENTS)("%s", (path) => {
  const text = readFileSync(path, "utf8");

  test("shows what its commands print and what its examples contain", async () => {
    await expect(render(text)).toMatchFileSnapshot(`../${path}`);
  });

  test("links only to what is there", () => {
    const targets = [...text.matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map(([, target]) => target as string);
    const dead = targets.filter(
      (target) => !target.includes("://") && !existsSync(join(dirname(path), target)),
    );
    expect(dead).toEqual([]);
  });
});

describe("docs/scenarios.md names all that a scenario may say:", () => {
  const text = readFileSync("docs/scenarios.md", "utf8");
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span as string);
  const words = new Set(spans.flatMap((span) => [span, ...span.split(/\W+/)]));

  test("every protocol, snapshot manager and site of a fault", () => {
    const names = [...COMMIT_PROTOCOLS, ...SNAPSHOT_MANAGERS, ...SITE_NAMES];
    expect(names.filter((name) => !words.has(name))).toEqual([]);
  });

  test("what stages the bugs of the original is there", () => {
    const table = text.slice(text.indexOf("## The bugs of the original"));
    const named = [...table.matchAll(/`([a-z][a-z0-9]*(?:-[a-z0-9]+)+|nervous|freeze)`/g)].map(
      ([, name]) => name,
    );
    const known = new Set<string>([...CATALOGUE.map(({ name }) => name), ...MUTANT_NAMES]);
    expect(named.length).toBeGreaterThan(25);
    expect(named.filter((name) => !known.has(name as string))).toEqual([]);
  });

  test("every field", () => {
    expect(fieldsOf(scenarioSchema).filter((field) => !words.has(field))).toEqual([]);
  });
});

/** In tables, where there is no room for what they print. */
const COUNTED = /^\| `npx (lockstep verify [^`]+)` +\| (\d+|none) +\|$/gm;

describe("docs/exploring.md knows how long a counterexample is:", () => {
  const rows = [...readFileSync("docs/exploring.md", "utf8").matchAll(COUNTED)];
  const counted = rows.map(([, command, actions]) => [command as string, actions as string] as const);

  test.each(counted)("%s: %s", (command, actions) => {
    const { counterexample, stoppedBy } = JSON.parse(outputOf(`npx ${command} --json`));
    expect(stoppedBy).toBe(actions === "none" ? null : "violation");
    if (actions !== "none") expect(counterexample.actions).toHaveLength(Number(actions));
  });

  test("for every mutant of a model", () => {
    const mutants = MEMBERSHIP.flatMap(({ name, mutants }) =>
      Object.keys(mutants).map((mutant) => `lockstep verify ${name} --mutant ${mutant}`),
    );
    const named = counted.map(([command]) => command.split(" ").slice(0, 5).join(" "));
    expect(named.sort()).toEqual(mutants.sort());
  });
});

test("every npm script that README names is there", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));
  const named = [...readFileSync("README.md", "utf8").matchAll(/npm run ([\w:]+)|npm (start|test)/g)];
  expect(named.length).toBeGreaterThan(3);
  for (const [, script, short] of named) expect(scripts).toHaveProperty(script ?? short ?? "");
});

/** The document with the output of its commands, and the files that it shows, as they are now. */
function render(text: string): string {
  const withFiles = text.replace(
    /(<!-- (\S+\.(?:json|ts)) -->\s*```(?:json|ts)\n)[\s\S]*?```/g,
    (_, head: string, file: string) => `${head}${readFileSync(file, "utf8").trimEnd()}\n\`\`\``,
  );
  return withFiles.replace(/```console\n([\s\S]*?)```/g, (_, block: string) => {
    const commands = block.split("\n").filter((line) => line.startsWith("$ "));
    return `\`\`\`console\n${commands.map((line) => `${line}\n${outputOf(line.slice(2))}`).join("")}\`\`\``;
  });
}

/** What in an output differs from machine to machine, or from one version of the code to the next. */
const VARIES: readonly [RegExp, string][] = [
  [/in [\d.]+ s: [\d,]+ states\/s/g, "in ... s"],
  [/this code: [0-9a-f]{12}/g, "this code: 3f1c08a2d97e"],
  [/^ {2}\S+:\d+ {2}\d+ threads, (.*), seen \d+ s ago$/gm, "  host:4242  2 threads, $1, seen 1 s ago"],
];

/** The PostgreSQL of the documents; what runs is one of our own. */
const DATABASE = "postgres://lockstep@db/sweeps";

/** Files that the commands of a document write and read. */
const WRITTEN = /^[\w.-]+\.(json|trace)$/;

/** npm's own two commands are the whole set-up and the whole test: the one is shown elsewhere, the other is this. */
const NOT_RUN = ["npm start", "npm test"];

function outputOf(command: string): string {
  if (NOT_RUN.includes(command)) return "";
  const [program, ...args] = command
    .replace(DATABASE, server.url)
    .split(" ")
    .map((word) => (WRITTEN.test(word) ? join(folder, word) : word));
  const { stdout, stderr, status } = spawnSync(program as string, args, { encoding: "utf8" });
  if (status !== 0 && status !== 1) throw new Error(`${command}: ${stderr}`);
  const { host, pathname } = new URL(server.url);
  const text = stdout
    .replaceAll(`${folder}/`, "")
    .replaceAll(server.url, DATABASE)
    .replaceAll(`${host}${pathname}`, "db/sweeps");
  return trimLines(VARIES.reduce((shown, [found, instead]) => shown.replaceAll(found, instead), text));
}

/** Tables end in spaces, which no document keeps. */
function trimLines(text: string): string {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const trimmed = lines.join("\n").trimEnd();
  return trimmed === "" ? "" : `${trimmed}\n`;
}

/** Names of the fields of a schema, and of those within it. */
function fieldsOf(schema: unknown): string[] {
  const found = new Set<string>();
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null || seen.has(value)) return;
    seen.add(value);
    if ("shape" in value && typeof value.shape === "object" && value.shape !== null) {
      for (const field of Object.keys(value.shape)) found.add(field);
      visit(value.shape);
    }
    if ("_zod" in value) visit((value._zod as { def: unknown }).def);
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(schema);
  return [...found].sort();
}
