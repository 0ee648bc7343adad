/** Sweeps as their users have them: real processes and threads, files, Ctrl-C. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-sweep-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lockstep(...args: string[]) {
  return spawnSync(process.execPath, ["cli/lockstep.mjs", ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
}

function sweepJson(...args: string[]) {
  const { stdout, status } = lockstep("sweep", ...args, "--json");
  return { report: JSON.parse(stdout), status };
}

/** What a sweep found, without how long it took. */
function found({ busyMs: _, resumable: __, ...report }: Record<string, unknown>) {
  return report;
}

const SHORT = ["--set", "duration=300ms"];

describe("lockstep sweep", () => {
  test("gives the same result with one worker and with two, and runs a share of the seeds twice", () => {
    const args = ["bank", ...SHORT, "--seeds", "1..12", "--check-determinism", "25"];
    const one = sweepJson(...args, "--workers", "1");
    const two = sweepJson(...args, "--workers", "2");
    expect(found(two.report)).toEqual(found(one.report));
    expect(one.report).toMatchObject({ failed: 0, runTwice: 3, differing: [], resumable: null });
    expect(one.report.seeds).toEqual({ first: 1, last: 12, done: 12 });
    expect(one.status).toBe(0);
  });

  test("groups failures by cause, with a command that runs the quickest again, and saves it as a seed file", () => {
    const out = join(folder, "failures");
    const mutant = ["--set", "mutant=acks-before-flush"];
    const { report, status } = sweepJson("bank", ...SHORT, ...mutant, "--seeds", "1..12", "--save", out);
    expect(status).toBe(1);
    expect(report.causes[0].cause).toContain("durable before told was violated: node # sent ack");
    expect(report.causes[0].count).toBeGreaterThan(3);
    const [, , verb, ...args] = report.causes[0].replay.split(" ");
    const again = lockstep("run", ...args, "--json");
    expect(verb).toBe("run");
    expect(JSON.parse(again.stdout).unmet[0]).toBe(report.causes[0].evidence);
    const [file] = readdirSync(out);
    expect(lockstep("replay", join(out, file as string)).stdout).toMatch(/^exact: /);
  });

  test("runs the scenario as it is, if asked", () => {
    const { report } = sweepJson("t3-partition", "--as-is", "--set", "commit=3pc", "--seeds", "1..4");
    expect(report).toMatchObject({ failed: 0, swarm: false });
    expect(report.verdicts["one outcome"].violated).toBe(4);
  });

  test("leaves a file at Ctrl-C, and goes on from it to the same result", async () => {
    const out = join(folder, "cut-short.json");
    const args = ["bank", "--set", "duration=500ms", "--seeds", "1..40", "--workers", "2", "--json"];
    const child = spawn(process.execPath, ["cli/lockstep.mjs", "sweep", ...args, "--out", out]);
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    // Progress is told once the work has taken a second; a machine that is faster than that is not interrupted.
    child.stderr.once("data", () => child.kill("SIGINT"));
    await ended;
    expect(existsSync(out)).toBe(true);
    const resumed = sweepJson("--resume", out, "--workers", "2");
    const whole = sweepJson(...args.slice(0, -1));
    expect(resumed.report.seeds.done).toBe(40);
    expect(found(resumed.report)).toEqual(found(whole.report));
  });

  test("tells what it drew, and the run that draws the same is the same run", () => {
    const { stdout } = lockstep("run", "bank", ...SHORT, "--seed", "9", "--swarm");
    expect(stdout).toMatch(/^drawn: [2-5] nodes; /);
    expect(stdout).toContain("run it again: npx lockstep run bank --seed 9 --set duration=300ms --swarm");
  });
});

describe("a user's mistake is one line and exit code 2:", () => {
  const kept = (text: string): string => {
    const path = join(folder, "kept.json");
    writeFileSync(path, text);
    return path;
  };
  test.each<[string, () => string[], string]>([
    ["no scenario", () => [], "name a scenario, or a file with --resume"],
    ["no range", () => ["bank", "--seeds", "7"], "--seeds 7: expected a range such as 1..20"],
    ["no workers", () => ["bank", "--workers", "0"], "--workers 0: expected a whole number above 0"],
    ["no minutes", () => ["bank", "--minutes", "soon"], "--minutes soon: expected a number above 0"],
    ["a sweep that is not there", () => ["--resume", "/nowhere/x"], "cannot read /nowhere/x"],
    ["a sweep that is none", () => ["--resume", kept("{}")], "is not a sweep: lockstep"],
    ["a sweep cut in two", () => ["--resume", kept('{"lockstep":')], "is not JSON"],
    ["a result that cannot be kept", () => ["bank", "--out", "/nowhere/x"], "cannot write /nowhere/x"],
  ])("%s", (_name, args, message) => {
    const { status, stdout, stderr } = lockstep("sweep", ...args());
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });
});

test("the lock file has an entry for every optional package, so that npm ci takes it on every machine", () => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
  const named = Object.values(packages as Record<string, { optionalDependencies?: Record<string, string> }>);
  const missing = named
    .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
    .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
  expect(missing).toEqual([]);
});
