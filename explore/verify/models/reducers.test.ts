/** Our commit protocols, every interleaving within small bounds. Counts are pinned: a change of behaviour changes them. */
import { describe, expect, test } from "vitest";
import { mutantNamed } from "../../../scenarios/mutants/mutants.ts";
import { explore } from "../explorer.ts";
import { follow } from "../follow.ts";
import { type Allowance, reducerModel } from "./reducers.ts";

const SMALL: Allowance = {
  nodes: 2,
  timeouts: 1,
  crashes: 1,
  duplicates: 0,
  failures: 1,
  lateAnswers: true,
};

describe("within small bounds", () => {
  test.each(["2pc", "e3pc"] as const)("%s keeps its invariants", (protocol) => {
    const found = explore(reducerModel(protocol, SMALL));
    expect(found).toMatchObject({ stoppedBy: null, counterexample: null });
  });

  test("Paxos Commit keeps its invariants, where a database's answer is heard at once", () => {
    const found = explore(reducerModel("paxos-commit", { ...SMALL, lateAnswers: false }));
    expect(found).toMatchObject({ stoppedBy: null, counterexample: null });
  });

  test("2PC of three nodes blocks, and ends in every way it can", () => {
    const found = explore(reducerModel("2pc", { ...SMALL, nodes: 3, crashes: 0, failures: 0 }));
    expect(found).toMatchObject({ stoppedBy: null, counterexample: null });
    expect(found.unreached.outcomes).toEqual([]);
  });

  test("3PC gives two outcomes, and its counterexample can be followed", () => {
    const model = reducerModel("3pc", { ...SMALL, timeouts: 2, crashes: 0, failures: 0 });
    const { counterexample } = explore(model);
    expect(counterexample?.invariant).toBe("one outcome");
    const actions = counterexample?.actions ?? [];
    expect(actions.some((action) => action.includes("suspects"))).toBe(true);
    expect(follow(model, actions)).toMatchObject({ differsAt: null, violation: { invariant: "one outcome" } });
  });
});

/**
 * A resolver may find all votes, with the coordinator's PREPARE durable, before the coordinator has heard of it: its
 * commit then comes to a node that is still "preparing".
 */
test.fails("Paxos Commit of three nodes is sound however late a database answers", () => {
  const allowance = { ...SMALL, nodes: 3, crashes: 0, failures: 0 };
  expect(explore(reducerModel("paxos-commit", allowance)).counterexample).toBeNull();
});

describe("mutants are refuted", () => {
  test.each([
    ["2pc", "commits-on-majority", "all prepared", { nodes: 3, crashes: 0 }],
    ["2pc", "commits-with-own-stamp", "same CSN", { nodes: 2, crashes: 0 }],
    ["2pc", "aborts-after-voting", "one outcome", { nodes: 2, timeouts: 6, crashes: 0 }],
    ["2pc", "commits-twice", "sound", { nodes: 2, crashes: 0 }],
  ] as const)("%s that %s", (protocol, mutant, invariant, allowance) => {
    const model = reducerModel(protocol, { ...SMALL, failures: 0, ...allowance }, mutantNamed(mutant).step);
    expect(explore(model, { states: 500_000 }).counterexample).toMatchObject({ invariant });
  });
});
