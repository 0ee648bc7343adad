import { describe, expect, test } from "vitest";
import { availabilityOf, healingTime, longestPause } from "./availability.ts";
import type { TransactionRecord } from "./history.ts";
import { parseScenario } from "./scenario.ts";

const crash = { kind: "crash", node: 3 } as const;

describe("a failure is over", () => {
  test("when the last fault is undone, by itself or by another one", () => {
    expect(healingTime([{ at: 5, fault: crash, forUs: 10 }])).toBe(15);
    expect(
      healingTime([
        { at: 5, fault: crash, forUs: null },
        { at: 40, fault: { kind: "restart", node: 3 }, forUs: null },
      ]),
    ).toBe(40);
  });

  test("never, if one stays", () => {
    expect(healingTime([{ at: 5, fault: crash, forUs: null }])).toBe(null);
  });
});

test("the longest pause is between two commits, before the first or after the last", () => {
  expect(longestPause([10, 20, 60, 70], 0, 75)).toBe(40);
  expect(longestPause([10, 20], 15, 100)).toBe(80);
  expect(longestPause([90], 0, 100)).toBe(90);
  expect(longestPause([], 30, 100)).toBe(70);
});

describe("what the clients of a node got", () => {
  const scenario = parseScenario({ name: "failing", duration: "8s" });
  const faults = [{ at: 2_000_000, fault: crash, forUs: 3_000_000 }];
  const transactions = [
    ended(1, 1_000_000, { gid: 7 }),
    // Before the failure can have been noticed, it counts neither as before nor as during.
    ended(1, 3_000_000, { gid: 8 }),
    ended(1, 4_000_000, { gid: 0 }),
    ended(3, 5_200_000, { outcome: "aborted" }),
    ended(3, 5_900_000, { gid: 9 }),
    ended(3, 6_000_000, { outcome: "open" }),
  ];
  const { nodes, pauseUs, usualPauseUs } = availabilityOf(scenario, { transactions }, faults);

  test("is told for before, during and after", () => {
    expect(nodes[0]).toMatchObject({
      before: { asked: 1, updates: 1 },
      during: { asked: 1, committed: 1, updates: 0 },
      after: { asked: 0 },
      backAfterUs: null,
    });
    expect(nodes[2]).toMatchObject({
      during: { asked: 0 },
      after: { asked: 2, committed: 1, refused: 1 },
      backAfterUs: 900_000,
    });
  });

  test("counts as a pause what lies between two updates", () => {
    expect(usualPauseUs).toBe(1_000_000);
    expect(pauseUs).toBe(2_900_000);
  });
});

function ended(
  node: number,
  endedAt: number,
  { gid = 0, outcome = "committed" }: Partial<TransactionRecord>,
): TransactionRecord {
  return {
    id: 0,
    session: node,
    node,
    isolation: "read committed",
    beganAt: endedAt - 1_000,
    operations: [],
    endingAt: endedAt - 100,
    endedAt: outcome === "open" ? -1 : endedAt,
    outcome,
    gid,
    csn: 0,
    error: null,
  };
}
