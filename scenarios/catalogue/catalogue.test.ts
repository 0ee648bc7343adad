import { describe, expect, test } from "vitest";
import { COMMIT_PROTOCOLS, SNAPSHOT_MANAGERS } from "../../protocol/config.ts";
import { runScenario } from "../../sim/run.ts";
import { CHECKS } from "../checks/checks.ts";
import { unmetExpectations } from "../expectations.ts";
import { parseScenario } from "../scenario.ts";
import { CATALOGUE } from "./catalogue.ts";

describe.each(CATALOGUE)("$name comes out as theory predicts", (input) => {
  describe.each(COMMIT_PROTOCOLS)("under %s", (commit) => {
    test.each(SNAPSHOT_MANAGERS)("with %s", (snapshot) => {
      const scenario = parseScenario({ ...input, commit, snapshot });
      const result = runScenario(scenario, "1", { mode: "in place", checks: CHECKS });
      expect(unmetExpectations(scenario, result)).toEqual([]);
    });
  });
});

test("names are unique, and every scenario says what it shows and where it comes from", () => {
  expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
  for (const { about, source } of CATALOGUE) {
    expect(about?.length).toBeGreaterThan(20);
    expect(source?.length).toBeGreaterThan(5);
  }
});
