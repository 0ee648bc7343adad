/**
 * Failures once found, each a seed file that a person can read. `fails` names the mutant that brings the failure back and
 * the check that must see it: so the file goes on guarding what it was kept for.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { runScenario } from "../../sim/run.ts";
import { CHECKS } from "../checks/checks.ts";
import { parseScenario } from "../scenario.ts";

const FOLDER = "scenarios/regressions";

describe.each(readdirSync(FOLDER).filter((name) => name.endsWith(".json")))("%s", (name) => {
  const { scenario, seed, fails } = JSON.parse(readFileSync(`${FOLDER}/${name}`, "utf8"));

  function violated(mutant: string | null): string[] {
    const parsed = parseScenario({ ...scenario, mutant });
    const { findings } = runScenario(parsed, seed, { mode: "in place", checks: CHECKS });
    return [...findings].filter(([, { verdict }]) => verdict === "violated").map(([check]) => check);
  }

  test("no longer fails", () => {
    expect(violated(null)).toEqual([]);
  });

  if (fails === undefined) return;
  test("still fails where the fault is put back", () => {
    expect(violated(fails.mutant)).toContain(fails.check);
  });
});
