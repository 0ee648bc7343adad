import { describe, expect, test } from "vitest";
import { COMMIT_PROTOCOLS, SNAPSHOT_MANAGERS, type SnapshotManagerName } from "../../protocol/config.ts";
import { runScenario } from "../../sim/run.ts";
import { CHECKS } from "../checks/checks.ts";
import { unmetExpectations } from "../expectations.ts";
import { parseScenario } from "../scenario.ts";
import { CATALOGUE } from "./catalogue.ts";

describe.each(CATALOGUE.map((input, index) => ({ ...input, index })))(
  "$name comes out as theory predicts",
  ({ index, ...input }) => {
    describe.each(COMMIT_PROTOCOLS)("under %s", (commit) => {
      test.each(managersFor(input.membership, index + COMMIT_PROTOCOLS.indexOf(commit)))(
        "with %s",
        (snapshot) => {
          const scenario = parseScenario({ ...input, commit, snapshot });
          const result = runScenario(scenario, "1", { mode: "in place", checks: CHECKS });
          expect(unmetExpectations(scenario, result)).toEqual([]);
        },
      );
    });
  },
);

/** What a cluster that heals itself takes seconds for, it does with one manager after another: `compare` runs all. */
function managersFor(membership: string | undefined, turn: number): readonly SnapshotManagerName[] {
  if (membership === "fixed") return SNAPSHOT_MANAGERS;
  return [SNAPSHOT_MANAGERS[turn % SNAPSHOT_MANAGERS.length] as SnapshotManagerName];
}

test("names are unique, and every scenario says what it shows and where it comes from", () => {
  expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
  for (const { about, source } of CATALOGUE) {
    expect(about?.length).toBeGreaterThan(20);
    expect(source?.length).toBeGreaterThan(5);
  }
});
