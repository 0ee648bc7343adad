import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";

function status(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ["cli/lockstep.mjs", "status", ...args], { encoding: "utf8" });
}

describe("lockstep status", () => {
  test("--json has one entry for each node", () => {
    const { status: code, stdout } = status("kill-start", "--at", "4s", "--json");
    expect(code).toBe(0);
    const { nodes, ...head } = JSON.parse(stdout);
    expect(head).toEqual({ scenario: "kill-start", seed: "1", at: 4_000_000 });
    expect(nodes[0]).toMatchObject({ node: 1, state: "online", generation: 2, members: [1, 2], why: null });
    expect(nodes[2]).toEqual({ node: 3, state: "down", why: "its machine is down" });
  });

  test("a table says for each node its generation, donors, lag, and why it is not online", () => {
    const { status: code, stdout } = status("kill-start", "--at", "6s");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^1 +online +2 \{1, 2\} +1, 2 +2, 3 +-$/m);
    expect(stdout).toMatch(
      /^3 +catchup +2 \{1, 2\} +1, 2 +1, 2 +\d+ bytes, \d+ transactions of node 1 +generation 2 has only nodes 1, 2, and /m,
    );
  });

  test("a moment that is none, and one after the end are each one line", () => {
    for (const args of [
      ["--at", "never"],
      ["--at", "1min"],
    ]) {
      const { status: code, stderr, stdout } = status("kill-start", ...args);
      expect(code).toBe(2);
      expect(stdout).toBe("");
      expect(
        stderr
          .trimEnd()
          .split("\n")
          .filter((line) => !line.startsWith("npm warn")),
      ).toHaveLength(1);
    }
  });
});
