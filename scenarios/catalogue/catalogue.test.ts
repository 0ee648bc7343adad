import { describe, expect, test } from "vitest";
import {
  COMMIT_PROTOCOLS,
  type CommitProtocolName,
  SNAPSHOT_MANAGERS,
  type SnapshotManagerName,
} from "../../protocol/config.ts";
import { runScenario } from "../../sim/run.ts";
import { CHECKS } from "../checks/checks.ts";
import { unmetExpectations } from "../expectations.ts";
import { parseScenario } from "../scenario.ts";
import { CATALOGUE } from "./catalogue.ts";

describe.each(CATALOGUE.map((input, index) => ({ ...input, index })))(
  "$name comes out as theory predicts",
  ({ index, ...input }) => {
    test.each(pairsFor(input.membership, index))("under %s with %s", (commit, snapshot) => {
      const scenario = parseScenario({ ...input, commit, snapshot });
      const result = runScenario(scenario, "1", { mode: "in place", checks: CHECKS });
      expect(unmetExpectations(scenario, result)).toEqual([]);
    });
  },
);

/**
 * What a cluster that heals itself takes seconds for is run under E3PC and one of the others in turn, with one manager
 * after another; of 3PC it expects nothing. `lockstep compare` runs all.
 */
function pairsFor(
  membership: string | undefined,
  turn: number,
): [commit: CommitProtocolName, snapshot: SnapshotManagerName][] {
  if (membership === "fixed") {
    return COMMIT_PROTOCOLS.flatMap((commit) =>
      SNAPSHOT_MANAGERS.map((snapshot): [CommitProtocolName, SnapshotManagerName] => [commit, snapshot]),
    );
  }
  const managerAt = (place: number) =>
    SNAPSHOT_MANAGERS[place % SNAPSHOT_MANAGERS.length] as SnapshotManagerName;
  return [
    ["e3pc", managerAt(turn)],
    [turn % 2 === 0 ? "2pc" : "paxos-commit", managerAt(turn + 1)],
  ];
}

test("names are unique, and every scenario says what it shows and where it comes from", () => {
  expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
  for (const { about, source } of CATALOGUE) {
    expect(about?.length).toBeGreaterThan(20);
    expect(source?.length).toBeGreaterThan(5);
  }
});
