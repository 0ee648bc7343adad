import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-shrink-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lockstep(...args: string[]) {
  return spawnSync(process.execPath, ["cli/lockstep.mjs", ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
}

function saveRun(name: string, ...args: string[]): string {
  const path = join(folder, `${name}.json`);
  lockstep("run", ...args, "--save", path);
  return path;
}

describe("lockstep shrink", () => {
  test("writes a seed file of the smallest run that fails alike, which replays exactly, and tells its size", () => {
    const failing = saveRun(
      "failing",
      "bank",
      "--set",
      "mutant=commits-with-own-stamp",
      "--seed",
      "5",
      "--swarm",
    );
    const { stdout, status } = lockstep("shrink", failing);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^fails by "same CSN": /);
    expect(stdout).toMatch(/before {2}\d nodes, .*\n {2}after {3}\d nodes, /);
    expect(stdout).toContain('"mutant": "commits-with-own-stamp"');
    const smallest = join(folder, "failing.min.json");
    expect(lockstep("replay", smallest).stdout).toMatch(/^exact: /);
    const { scenario } = JSON.parse(readFileSync(smallest, "utf8"));
    expect(scenario.faults).toBe(undefined);
  });

  test("--json has the sizes before and after", () => {
    const failing = saveRun("t3", "t3-partition", "--set", "commit=3pc");
    const out = join(folder, "smallest.json");
    const { before, after, cause } = JSON.parse(lockstep("shrink", failing, "--out", out, "--json").stdout);
    expect(cause.check).toBe("one outcome");
    expect(after.lines).toBeLessThanOrEqual(before.lines);
    expect(after.events).toBeLessThanOrEqual(before.events);
  });
});

describe("a user's mistake is one line and exit code 2:", () => {
  test.each<[string, () => string[], string]>([
    [
      "a run that holds",
      () => [saveRun("sound", "bank", "--set", "duration=50ms")],
      "nothing fails in this run",
    ],
    ["no file", () => [join(folder, "none")], "cannot read"],
    [
      "no number of runs",
      () => [saveRun("some", "bank", "--set", "duration=50ms"), "--runs", "0"],
      "--runs 0",
    ],
    [
      "a scenario in place of a seed file",
      () => {
        const path = join(folder, "scenario.json");
        writeFileSync(path, '{"name":"x"}');
        return [path];
      },
      "is not a seed file or trace",
    ],
  ])("%s", (_name, args, message) => {
    const { status, stdout, stderr } = lockstep("shrink", ...args());
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });
});

describe("lockstep explain", () => {
  test("tells a failing run as a story with its turning point", () => {
    const failing = saveRun("story", "t3-partition", "--set", "commit=3pc");
    const { stdout, status } = lockstep("explain", failing, "--branches", "2");
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^fails by "one outcome": 1:1 is committed on node 1, 2 and rolled back on node 3\n/,
    );
    expect(stdout).toContain("fault: partition into {1, 2} and {3} for 5 s");
    expect(stdout).toContain("It could not have ended well");
    const { turning, lines } = JSON.parse(lockstep("explain", failing, "--branches", "2", "--json").stdout);
    expect(turning.event).toBe(0);
    expect(lines.length).toBeGreaterThan(20);
  });

  test.each<[string, () => string[], string]>([
    ["a run that holds", () => [saveRun("well", "bank", "--set", "duration=50ms")], "nothing to explain"],
    [
      "no branches",
      () => [saveRun("well", "bank", "--set", "duration=50ms"), "--branches", "x"],
      "--branches x",
    ],
  ])("answers %s in one line with exit code 2", (_name, args, message) => {
    const { status, stderr } = lockstep("explain", ...args());
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });
});
