/** The linter and the dependency rules, as this project sets them, on code that breaks them. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const IMPURE: Readonly<Record<string, string>> = {
  "Math.random": "export const a = Math.random();",
  "a method of Math taken out of it": "export const { random } = Math;",
  "a method of Math by its name as text": 'export const a = Math["exp"](1);',
  logarithms: "export const a = Math.log(2);",
  "the power function": "export const a = Math.pow(2, 0.5);",
  "the power operator": "export const a = (b: number): number => b ** 0.5;",
  sines: "export const a = Math.sin(1);",
  "Date.now": "export const a = Date.now();",
  "new Date": "export const a = new Date();",
  "Date of globalThis": "export const a = globalThis.Date;",
  "the machine's language": 'export const a = "b".localeCompare("c");',
  Intl: "export const a = new Intl.NumberFormat();",
  "performance.now": "export const a = performance.now();",
  "the environment": 'export const a = process.env["HOME"];',
  timers: "setTimeout(() => {}, 1);",
  sockets: 'export const a = fetch("http://localhost");',
};

const PURE = "export const a = Math.floor(1.5) + Math.min(1, 2) + Math.round(2.5);";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-purity-"));
  const biome = JSON.parse(readFileSync("biome.json", "utf8"));
  writeFileSync(join(folder, "biome.json"), JSON.stringify({ ...biome, $schema: undefined, vcs: undefined }));
  for (const file of ["pure.grit", ".dependency-cruiser.cjs", "tsconfig.json"]) {
    copyFileSync(file, join(folder, file));
  }
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${text}\n`);
  return path;
}

function run(tool: string, ...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(join("node_modules", ".bin", tool), args, {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

describe.each(["protocol", "scenarios", "sim"])("the linter refuses in %s/", (place) => {
  test.each(Object.entries(IMPURE))("%s", (name, code) => {
    const { status, output } = run(
      "biome",
      "lint",
      write(`${place}/${name.replaceAll(/\W+/g, "-")}.ts`, code),
    );
    expect(output).toMatch(/plugin|noRestrictedGlobals/);
    expect(status).toBe(1);
  });
});

test("the linter lets plain arithmetic pass, and cli/ have a clock", () => {
  expect(run("biome", "lint", write("sim/plain.ts", PURE)).status).toBe(0);
  expect(run("biome", "lint", write("cli/clock.ts", "export const a = Date.now();")).status).toBe(0);
});

describe("the dependency rules refuse", () => {
  test.each([
    [
      "a Node built-in in sim/",
      "sim/reads.ts",
      'import { readFileSync } from "node:fs";',
      "pure-no-node-builtins",
    ],
    ["a Node built-in in protocol/", "protocol/opens.ts", 'import net from "net";', "pure-no-node-builtins"],
    [
      "protocol/ importing scenarios/",
      "protocol/up.ts",
      'import "../scenarios/there.ts";',
      "protocol-imports-nothing",
    ],
    [
      "scenarios/ importing sim/",
      "scenarios/up.ts",
      'import "../sim/there.ts";',
      "scenarios-imports-protocol",
    ],
    ["sim/ importing cli/", "sim/up.ts", 'import "../cli/there.ts";', "sim-imports-scenarios-or-protocol"],
    ["a file that imports itself", "sim/round.ts", 'import "./round.ts";', "no-cycles"],
  ])("%s", (_name, path, code, rule) => {
    for (const there of ["scenarios", "sim", "cli"]) write(`${there}/there.ts`, "export const a = 1;");
    const { status, output } = run("depcruise", "--config", ".dependency-cruiser.cjs", write(path, code));
    expect(output).toContain(rule);
    expect(status).not.toBe(0);
  });
});
