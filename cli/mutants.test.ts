import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

function mutants(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["cli/lockstep.mjs", "mutants", ...args], { encoding: "utf8" });
}

describe("lockstep mutants", () => {
  test("tells for each which check caught it, and in how many seeds", () => {
    const { status, stdout } = mutants("loses-a-row", "equivocates");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^loses-a-row +.* constant total +\d+$/m);
    expect(stdout).toMatch(/^equivocates +.* one value per term +\d+$/m);
    expect(stdout).toContain("all 2 are caught");
  });

  test("--json has the evidence of each", () => {
    const [row] = JSON.parse(mutants("loses-a-row", "--json").stdout);
    expect(row).toMatchObject({ name: "loses-a-row", caughtBy: "constant total" });
    expect(row.seeds).toBeGreaterThan(0);
    expect(row.evidence.length).toBeGreaterThan(10);
  });

  test("one that is not caught makes the exit code 1", () => {
    const { status, stdout } = mutants("breaks-foreign-keys", "--seeds", "1");
    expect([status, stdout.includes("not caught")]).toEqual([1, true]);
  });

  test("a name that is none is one line", () => {
    const { status, stdout, stderr } = mutants("nobody");
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("lockstep: there is no mutant nobody; lockstep list names them");
  });
});
