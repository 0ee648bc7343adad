/** The explorer against published counts, and against models that are broken on purpose. */
import { describe, expect, test } from "vitest";
import { explore } from "./explorer.ts";
import { paxosCommitTextbook } from "./models/paxos-commit-textbook.ts";
import { twoPhaseTextbook } from "./models/two-phase-textbook.ts";

const NOTHING = { actions: [], messages: [], states: [], outcomes: [] };

describe("the textbook's two-phase commit", () => {
  test.each([
    [3, 288],
    [5, 8_832],
    [7, 296_448],
  ])("with %i resource managers has %i states", (managers, distinct) => {
    const found = explore(twoPhaseTextbook(managers));
    expect(found).toMatchObject({ distinct, stoppedBy: null, counterexample: null, unreached: NOTHING });
  });

  test("is explored as TLC does it: 1,146 generated, depth 11", () => {
    expect(explore(twoPhaseTextbook(3))).toMatchObject({ distinct: 288, generated: 1_146, depth: 11 });
  });

  test.each([
    [3, 80],
    [5, 314],
    [7, 920],
  ])("with %i interchangeable resource managers has %i states", (managers, distinct) => {
    const found = explore(twoPhaseTextbook(managers, { symmetry: true }));
    expect(found).toMatchObject({ distinct, stoppedBy: null, counterexample: null, unreached: NOTHING });
  });

  test("that commits with a vote missing is refuted by the shortest run there is", () => {
    const found = explore(twoPhaseTextbook(3, { missingVotes: 1 }));
    expect(found.stoppedBy).toBe("violation");
    expect(found.counterexample).toEqual({
      invariant: "consistent",
      evidence: "r1 has committed and r3 has aborted",
      actions: [
        "RMPrepare(r1)",
        "TMRcvPrepared(r1)",
        "RMPrepare(r2)",
        "TMRcvPrepared(r2)",
        "TMCommit",
        "RMRcvCommitMsg(r1)",
        "RMChooseToAbort(r3)",
      ],
    });
  });

  test("under symmetry the counterexample is as short, and a run of named managers", () => {
    const { counterexample } = explore(twoPhaseTextbook(3, { missingVotes: 1, symmetry: true }));
    expect(counterexample?.actions).toHaveLength(7);
    expect(new Set(counterexample?.actions).size).toBe(7);
    expect(counterexample?.actions.at(-1)).toMatch(/RMRcvCommitMsg|RMChooseToAbort/);
  });
});

describe("the textbook's Paxos Commit", () => {
  test("has 1,321,761 states, the last at depth 28", () => {
    const found = explore(paxosCommitTextbook());
    expect(found).toMatchObject({ distinct: 1_321_761, depth: 28, stoppedBy: null, unreached: NOTHING });
    expect(found.counterexample).toBeNull();
  });

  test("with a leader that asks nobody before its ballot decides twice", () => {
    const { counterexample } = explore(paxosCommitTextbook({ skipsPhase1: true }));
    expect(counterexample).toMatchObject({ invariant: "one decision" });
    expect(counterexample?.actions).toHaveLength(11);
  });

  test("with acceptors that accept below their promise decides twice", () => {
    const { counterexample } = explore(paxosCommitTextbook({ acceptsBelowPromise: true }));
    expect(counterexample).toMatchObject({ invariant: "one decision" });
    expect(counterexample?.actions).toHaveLength(14);
  });
});

describe("a bounded exploration says so", () => {
  test("by depth", () => {
    const found = explore(twoPhaseTextbook(3), { depth: 3 });
    expect(found).toMatchObject({ depth: 3, stoppedBy: "depth", counterexample: null });
    expect(found.distinct).toBeLessThan(288);
    expect(found.unreached.outcomes).toEqual(["all committed", "all aborted"]);
    expect(found.unreached.messages).toEqual(["Commit"]);
    expect(found.unreached.actions).toContain("TMCommit");
  });

  test("by states", () => {
    const found = explore(twoPhaseTextbook(5), { states: 100 });
    expect(found).toMatchObject({ stoppedBy: "states", counterexample: null });
    expect(found.distinct).toBeGreaterThanOrEqual(100);
    expect(found.distinct).toBeLessThan(150);
  });

  test("but not if the bound is where the space ends anyhow", () => {
    expect(explore(twoPhaseTextbook(3), { depth: 12, states: 1_000 })).toMatchObject({ stoppedBy: null });
  });
});
