import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { FailureRow } from "../explore/failures.ts";

function failures(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["cli/lockstep.mjs", "failures", ...args], { encoding: "utf8" });
}

function rowsOf(...args: string[]): FailureRow[] {
  const { status, stdout } = failures(...args, "--json");
  expect(status).toBe(0);
  return JSON.parse(stdout).rows;
}

function wordsOf({ nodes }: FailureRow): string[] {
  return nodes.map(({ before, during, after }) => `${before.word}, ${during.word}, ${after.word}`);
}

describe("lockstep failures", () => {
  const works = "commits, commits, commits";

  test("--json tells for each node what its clients got before, during and after", () => {
    const [killed, split, ring] = rowsOf("kill-start", "node-partition", "majority-ring", "--seeds", "1..2");
    expect(wordsOf(killed as FailureRow)).toEqual([works, works, "commits, nothing, commits"]);
    expect(wordsOf(split as FailureRow)).toEqual([works, works, "commits, refused, commits"]);
    expect(wordsOf(ring as FailureRow)).toEqual(Array(4).fill("commits, refused, commits"));
    expect(killed?.pauseUs).toBeLessThan(2_500_000);
    expect(killed?.nodes[2]?.backAfterUs).toBeGreaterThan(300_000);
  });

  test("of two nodes without a link one is left out, and all others work", () => {
    const [row] = rowsOf("edge-split");
    expect(wordsOf(row as FailureRow).filter((words) => words === works)).toHaveLength(2);
  });

  test("a table shows nodes that fared alike in one line", () => {
    const { status, stdout } = failures("kill-start");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^kill-start +1, 2 +commits \d+% +commits \d+% +commits \d+%/m);
    expect(stdout).toMatch(/^ +3 +commits \d+% +nothing +commits \d+%/m);
    expect(stdout).toContain("every check held, as expected");
  });

  test("what is not as expected is told with its command, and exit code 1", () => {
    const { status, stdout } = failures("kill-start", "--set", "mutant=never-campaigns");
    expect(status).toBe(1);
    expect(stdout).toContain("kill-start, not as expected: seed 1: ");
    expect(stdout).toContain("npx lockstep run kill-start --seed 1 --set mutant=never-campaigns");
  });

  test("a mistake is one line and exit code 2", () => {
    const { status, stderr } = failures("no-such-failure");
    expect(status).toBe(2);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});
