/** `lockstep verify` as its users have it: exit codes, one JSON value, one line for each mistake. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-verify-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lockstep(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["cli/lockstep.mjs", ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("lockstep verify", () => {
  test("passes where nothing breaks and every outcome was reached", () => {
    const { status, stdout } = lockstep("verify", "two-phase-textbook-3");
    expect(status).toBe(0);
    expect(stdout).toContain("288 distinct states of 1,146 generated, depth 11");
    expect(stdout).toContain("exhausted");
    expect(stdout).toContain("every action, message, state and outcome was reached");
  });

  test("--json prints one value with the counts", () => {
    const { status, stdout } = lockstep("verify", "two-phase-textbook-5", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      model: "two-phase-textbook-5",
      distinct: 8_832,
      stoppedBy: null,
      passed: true,
    });
  });

  test("does not pass with an unreached outcome, and says that it was bounded", () => {
    const { status, stdout } = lockstep("verify", "two-phase-textbook-3", "--depth", "4");
    expect(status).toBe(1);
    expect(stdout).toContain("bounded: deeper states were not visited");
    expect(stdout).toContain("outcomes never reached: all committed");
  });

  test("a counterexample is saved, and replayed exactly", () => {
    const path = join(folder, "counterexample.json");
    const bounds = ["--nodes", "2", "--timeouts", "2", "--crashes", "0"];
    const { status, stdout } = lockstep("verify", "3pc", ...bounds, "--save", path);
    expect(status).toBe(1);
    expect(stdout).toContain("✗ one outcome: 1:1 is committed on node 1 and aborted on node 2");
    expect(stdout).toContain("the shortest run to it");
    const replayed = lockstep("replay", path, "--json");
    expect(replayed.status).toBe(0);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ exact: true, differsAt: null });
    const saved = JSON.parse(readFileSync(path, "utf8"));
    saved.actions[2] = "node 2: hears commit from node 1";
    writeFileSync(path, JSON.stringify(saved));
    const differing = lockstep("replay", path);
    expect(differing.status).toBe(1);
    expect(differing.stdout).toContain("not exact: action 3 cannot be taken any more");
  });

  test("a counterexample under other names of the nodes is replayed exactly too", () => {
    const path = join(folder, "renamed.json");
    const { status } = lockstep("verify", "generations", "--mutant", "breaks-promise", "--save", path);
    expect(status).toBe(1);
    const replayed = lockstep("replay", path, "--json");
    expect(replayed.status).toBe(0);
    expect(JSON.parse(replayed.stdout)).toMatchObject({ exact: true, actions: 7 });
  });

  test.each([
    [[], "verify needs a model: 2pc, 3pc, e3pc, paxos-commit, 2pc-resolvers"],
    [["nope"], "there is no model nope; lockstep verify --list names them"],
    [["2pc", "--depth", "x"], "--depth x: expected a whole number from 1 to 1000000"],
    [["2pc", "--mutant", "none"], "there is no mutant none; lockstep list names them"],
    [["two-phase-textbook-3", "--crashes", "1"], "two-phase-textbook-3 takes no option but"],
    [["generations", "--crashes", "1"], "generations has no bound on crashes, only on nodes, transactions"],
    [["generations", "--mutant", "none"], "generations has no mutant none, only commits-on-majority"],
    [["recovery", "--transactions", "4"], "recovery: a log has room for 8 records"],
  ])("says what is wrong with %j in one line", (args, line) => {
    const { status, stdout, stderr } = lockstep("verify", ...args);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(line);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });

  test("--list names the models", () => {
    const { status, stdout } = lockstep("verify", "--list", "--json");
    expect(status).toBe(0);
    const names = JSON.parse(stdout).models.map(({ name }: { name: string }) => name);
    expect(names).toContain("paxos-commit-textbook");
  });
});
