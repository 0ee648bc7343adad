/** Our commit protocols, every interleaving within small bounds, and mutants that the same invariants must refute. */
import { describe, expect, test } from "vitest";
import { mutantNamed } from "../../../scenarios/mutants/mutants.ts";
import { explore } from "../explorer.ts";
import { follow } from "../follow.ts";
import { ALLOWANCES, reducerModel } from "./reducers.ts";

/** Two nodes, with a crash, in place of three without. */
const CRASHING = { nodes: 2, timeouts: 1, crashes: 1, duplicates: 0, failures: 1, lateAnswers: true };

describe("every interleaving within the bounds keeps the invariants:", () => {
  test("2PC of three nodes, which reaches every outcome, blocking among them", () => {
    const found = explore(reducerModel("2pc", ALLOWANCES["2pc"]));
    expect(found).toMatchObject({ stoppedBy: null, counterexample: null, unreached: { outcomes: [] } });
  });

  // A resolver may find all votes, the coordinator's PREPARE among them, before the coordinator has heard of it.
  test("Paxos Commit of three nodes, however late a database answers", () => {
    const found = explore(reducerModel("paxos-commit", ALLOWANCES["paxos-commit"]));
    expect(found).toMatchObject({ stoppedBy: null, counterexample: null });
  });

  test.each(["2pc", "e3pc", "paxos-commit"] as const)("%s of two nodes of which one crashes", (protocol) => {
    const found = explore(reducerModel(protocol, CRASHING));
    expect(found).toMatchObject({ stoppedBy: null, counterexample: null });
  });
});

describe("every invariant that a mutant breaks is seen to break:", () => {
  test("3PC gives two outcomes where a suspicion may be wrong, and its counterexample can be followed", () => {
    const model = reducerModel("3pc", ALLOWANCES["3pc"]);
    const { counterexample } = explore(model);
    expect(counterexample?.invariant).toBe("one outcome");
    const followed = follow(model, counterexample?.actions ?? []);
    expect(followed).toMatchObject({ differsAt: null, violation: { invariant: "one outcome" } });
  });

  test.each([
    ["commits-on-majority", "all prepared", 3],
    ["commits-with-own-stamp", "same CSN", 2],
    ["commits-twice", "sound", 2],
  ] as const)("2PC that %s violates %s", (mutant, invariant, nodes) => {
    const allowance = { ...CRASHING, nodes, crashes: 0, failures: 0 };
    const { counterexample } = explore(reducerModel("2pc", allowance, mutantNamed(mutant).step));
    expect(counterexample).toMatchObject({ invariant });
  });
});
