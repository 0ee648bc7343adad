/** The command as its users have it: real processes, real files, exit codes, and one line for each mistake. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CATALOGUE } from "../scenarios/catalogue/catalogue.ts";
import { CHECKS } from "../scenarios/checks/checks.ts";
import { VERSION } from "../scenarios/version.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function lockstep(...args: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["cli/lockstep.mjs", ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr };
}

function file(name: string, text?: string): string {
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
}

describe("lockstep run", () => {
  test("--json prints one value with the verdict of every check, and nothing else", () => {
    const { status, stdout, stderr } = lockstep("run", "t3-partition", "--seed", "7", "--json");
    expect(status).toBe(0);
    expect(stderr).toBe("");
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ scenario: "t3-partition", seed: "7", unmet: [] });
    expect(summary.hash).toMatch(/^[0-9a-f]{16}$/);
    expect(summary.events).toBeGreaterThan(100);
    expect(summary.virtualUs).toBeGreaterThan(1_000_000);
    expect(Object.keys(summary.verdicts)).toEqual(CHECKS.map(({ name }) => name));
    expect(summary).toHaveProperty("isolation");
    expect(summary.replay).toBe("npx lockstep run t3-partition --seed 7");
  });

  test("says what held, and how to run it again", () => {
    const { status, stdout } = lockstep("run", "t1-after-one-message", "--set", "commit=3pc");
    expect(status).toBe(0);
    expect(stdout).toContain("3 nodes, 3pc, local; seed 1");
    expect(stdout).toContain("✓ one outcome            holds");
    expect(stdout).toContain("run it again: npx lockstep run t1-after-one-message --seed 1 --set commit=3pc");
  });

  test("a violated expectation is exit code 1, told with its evidence", () => {
    const { status, stdout } = lockstep(
      "run",
      "bank",
      "--set",
      "mutant=commits-with-own-stamp",
      "--set",
      "duration=300ms",
    );
    expect(status).toBe(1);
    expect(stdout).toContain("✗ same CSN               violated");
    expect(stdout).toContain("not as expected:");
  });

  test("takes a scenario from a file", () => {
    const path = file(
      "mine.json",
      JSON.stringify({ name: "mine", duration: "50ms", nodes: 2, commit: "2pc" }),
    );
    const { status, stdout } = lockstep("run", path, "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ scenario: "mine", commit: "2pc" });
  });
});

describe("lockstep replay", () => {
  const saved = () => {
    const seed = file("run.seed.json");
    const trace = file("run.trace");
    const args = ["run", "t4-slow-coordinator", "--set", "commit=2pc", "--save", seed, "--trace", trace];
    expect(lockstep(...args).status).toBe(0);
    return { seed, trace };
  };

  test("a seed file and a trace of this version are exact", () => {
    const { seed, trace } = saved();
    const { hash } = JSON.parse(readFileSync(seed, "utf8"));
    for (const path of [seed, trace]) {
      const { status, stdout } = lockstep("replay", path);
      expect(stdout).toMatch(new RegExp(`^exact: \\d+ events, hash ${hash}\n$`));
      expect(status).toBe(0);
    }
  });

  test("a run of a file is exact after the file has changed, and leaves nothing half-written", () => {
    const mine = file("kept.json", '{"name":"kept","duration":"20ms","nodes":2}');
    const out = file("kept/");
    mkdirSync(out);
    const seed = join(out, "seed.json");
    expect(lockstep("run", mine, "--set", "commit=2pc", "--save", seed).status).toBe(0);
    writeFileSync(mine, '{"name":"other","duration":"30ms"}');
    expect(readdirSync(out)).toEqual(["seed.json"]);
    expect(lockstep("replay", seed).stdout).toMatch(/^exact: /);
  });

  test("a trace that differs is told by its first event that does", () => {
    const { trace } = saved();
    const lines = readFileSync(trace, "utf8").split("\n");
    const changed = lines.map((line, index) =>
      index === 20 ? line.replace(/"([0-9a-f]{15}).",?\]/, '"$1x"]') : line,
    );
    writeFileSync(trace, changed.join("\n"));
    const { status, stdout } = lockstep("replay", trace);
    expect(status).toBe(1);
    expect(stdout).toContain("not exact: event 20 is the first that differs");
    expect(stdout).toMatch(/recorded {2}.*\n {2}replayed /);
  });

  test("a seed file with another hash is not exact", () => {
    const { seed } = saved();
    const head = JSON.parse(readFileSync(seed, "utf8"));
    writeFileSync(seed, JSON.stringify({ ...head, hash: "0123456789abcdef" }));
    const { status, stdout } = lockstep("replay", seed, "--json");
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ exact: false, recordedHash: "0123456789abcdef" });
  });
});

describe("lockstep compare", () => {
  test("runs every protocol and snapshot manager, and shows one line for each", () => {
    const { status, stdout } = lockstep("compare", "t1-before-any-message", "--seeds", "1..2");
    expect(status).toBe(0);
    for (const name of ["2pc ", "3pc ", "e3pc ", "paxos-commit "]) {
      expect(stdout.split("\n").filter((line) => line.startsWith(name) && line.includes("✓"))).toHaveLength(
        3,
      );
    }
    expect(stdout).toContain("checks, from left to right: one outcome,");
  });

  test("tells what blocks, and shows no costs where nothing was committed", () => {
    const args = ["compare", "t1-before-any-message", "--commit", "2pc", "--snapshot", "local"];
    const { stdout } = lockstep(...args);
    expect(stdout).toContain(
      "2pc with local blocks: 1:1 is in doubt on node 2: 2pc, and coordinator node 1 is down",
    );
    const { rows } = JSON.parse(lockstep(...args, "--json").stdout);
    expect(rows[0]).toMatchObject({ blockedRuns: 1, committed: 0, messages: null, medianLatencyUs: null });
  });

  test("--json has all of it as data", () => {
    const args = ["compare", "t3-partition", "--commit", "3pc,e3pc", "--snapshot", "local", "--json"];
    const { status, stdout } = lockstep(...args);
    expect(status).toBe(0);
    const { rows } = JSON.parse(stdout);
    expect(rows.map((row: { commit: string }) => row.commit)).toEqual(["3pc", "e3pc"]);
    expect(rows[0].verdicts["one outcome"]).toBe("violated");
    expect(rows[1].verdicts["one outcome"]).toBe("holds");
    expect(rows[1]).toMatchObject({ delays: 4, blockedRuns: 0 });
  });
});

test("lockstep list names every scenario and every check", () => {
  const { status, stdout } = lockstep("list", "--json");
  expect(status).toBe(0);
  const listed = JSON.parse(stdout);
  expect(listed.scenarios.map(({ name }: { name: string }) => name)).toEqual(
    CATALOGUE.map(({ name }) => name),
  );
  expect(listed.checks).toHaveLength(CHECKS.length);
  expect(lockstep("list").stdout).toContain("worst-moment");
});

test("every verb explains itself", () => {
  for (const verb of ["run", "replay", "compare", "list"]) {
    const { status, stdout } = lockstep(verb, "--help");
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: lockstep ${verb}`);
    expect(stdout).toContain("--json");
  }
  expect(lockstep("--version").stdout).toBe(`${VERSION}\n`);
});

describe("a user's mistake is one line and exit code 2:", () => {
  const damaged = `{"lockstep":"${VERSION}","scenario":"bank","seed":"1","set":{},"hash":"0123456789abcdef","events":2}\n[1,2,"x","y"]\n`;
  test.each<[string, () => string[], string]>([
    ["no verb", () => ["frobnicate"], "unknown command 'frobnicate'"],
    ["no scenario", () => ["run"], "missing required argument 'scenario'"],
    ["an unknown scenario", () => ["run", "nope"], 'there is no scenario and no file "nope"'],
    ["a near miss", () => ["run", "worst"], "did you mean worst-moment?"],
    ["an unknown option", () => ["run", "bank", "--sed", "3"], "unknown option '--sed'"],
    ["a setting without a value", () => ["run", "bank", "--set", "nodes"], "--set nodes: expected key=value"],
    [
      "an unknown field",
      () => ["run", "bank", "--set", "workload.acounts=3"],
      'workload: unknown field "acounts"',
    ],
    ["a wrong type", () => ["run", "bank", "--set", "nodes=many"], "nodes:"],
    ["a field of what has none", () => ["run", "bank", "--set", "nodes.first=1"], "which has no fields"],
    [
      "a field that every object has",
      () => ["run", "bank", "--set", "__proto__.nodes=1"],
      "there is no such field",
    ],
    [
      "a field that every function has",
      () => ["run", "bank", "--set", "constructor.x=1"],
      'unknown field "constructor"',
    ],
    ["a scenario that is a folder", () => ["run", folder], "it is a directory"],
    ["a scenario that is not JSON", () => ["run", file("a.json", "{nodes: 3}")], "is not JSON"],
    [
      "a scenario with a wrong field",
      () => ["run", file("b.json", '{"name":"b","nods":3}')],
      'unknown field "nods"',
    ],
    ["a seed file that is not there", () => ["replay", file("none")], "cannot read"],
    ["a seed file that is not JSON", () => ["replay", file("c", "{")], "is not JSON"],
    [
      "a file that is no seed file",
      () => ["replay", file("d", '{"name":"x"}')],
      "is not a seed file or trace: lockstep",
    ],
    [
      "another version",
      () => [
        "replay",
        file("e", '{"lockstep":"9.9.9","scenario":"bank","seed":"1","hash":"0123456789abcdef"}'),
      ],
      "was made by lockstep 9.9.9",
    ],
    ["a trace cut short", () => ["replay", file("f", damaged)], "is damaged: it has 1 of 2 events"],
    [
      "a trace with a bad line",
      () => ["replay", file("g", `${damaged}[1,2]\n`)],
      "is damaged at line 3: expected",
    ],
    [
      "a trace with half a line",
      () => ["replay", file("h", `${damaged}[1,2,"x`)],
      "is damaged at line 3: not JSON",
    ],
    [
      "a file that cannot be written",
      () => ["run", "worst-moment", "--save", "/nowhere/x"],
      "cannot write /nowhere/x: no such file or directory",
    ],
    [
      "a folder to be written as a file",
      () => ["run", "worst-moment", "--trace", folder],
      "it is a directory",
    ],
    ["a range of seeds backwards", () => ["compare", "bank", "--seeds", "9..2"], "--seeds 9..2"],
    ["half a range of seeds", () => ["compare", "bank", "--seeds", "1.."], "--seeds 1..: expected a range"],
    [
      "an expectation of a check that is not there",
      () => ["run", file("i.json", '{"name":"i","expect":[{"verdicts":{"one outcom":"holds"}}]}')],
      'expect.0.verdicts: there is no check "one outcom"',
    ],
    ["an unknown protocol", () => ["compare", "bank", "--commit", "4pc"], '--commit: there is no "4pc"'],
  ])("%s", (_name, args, message) => {
    const { status, stdout, stderr } = lockstep(...args());
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/^lockstep: /);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });
});

test("the version of the traces is the version of the package", () => {
  expect(JSON.parse(readFileSync("package.json", "utf8")).version).toBe(VERSION);
});
