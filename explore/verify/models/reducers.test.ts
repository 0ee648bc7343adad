/** Our commit protocols, every interleaving within small bounds, and mutants that the same invariants must refute. */
import { describe, expect, test } from "vitest";
import { mutantNamed } from "../../../scenarios/mutants/mutants.ts";
import { explore } from "../explorer.ts";
import { follow } from "../follow.ts";
import type { Model } from "../model.ts";
import type { Allowance } from "./allowance.ts";
import { modelNamed } from "./models.ts";

function model(name: string, allowance: Partial<Allowance> = {}, mutant?: string): Model {
  const found = modelNamed(name, allowance, mutant === undefined ? undefined : mutantNamed(mutant).step);
  if (found === undefined) throw new Error(`there is no model ${name}`);
  return found;
}

/** Two nodes, with a crash, in place of three without. */
const CRASHING = { nodes: 2, timeouts: 1, crashes: 1, failures: 1 };

const PASSED = { stoppedBy: null, counterexample: null };

describe("every interleaving within the bounds keeps the invariants:", () => {
  test("2PC of three nodes, which reaches every outcome, blocking among them", () => {
    expect(explore(model("2pc"))).toMatchObject({ ...PASSED, unreached: { outcomes: [] } });
  });

  // A resolver may find all votes, the coordinator's PREPARE among them, before the coordinator has heard of it.
  test("Paxos Commit of three nodes, however late a database answers", () => {
    expect(explore(model("paxos-commit"))).toMatchObject(PASSED);
  });

  test("E3PC of three nodes over connections that keep the order, and every outcome", () => {
    const found = explore(model("e3pc", { ordered: true }));
    expect(found).toMatchObject({ ...PASSED, unreached: { outcomes: [], states: [], messages: [] } });
  });

  // Its 1,658,963 states, to depth 41, take half a minute: `lockstep verify paxos-commit-resolvers`.
  test("two resolvers at once under Paxos Commit, three nodes, all prepared, for 21 actions", () => {
    const { counterexample, distinct } = explore(model("paxos-commit-resolvers"), { depth: 22 });
    expect(counterexample).toBe(null);
    expect(distinct).toBeGreaterThan(100_000);
  });

  test.each(["2pc", "e3pc", "paxos-commit"])("%s of two nodes of which one crashes", (protocol) => {
    expect(explore(model(protocol, CRASHING))).toMatchObject(PASSED);
  });

  test.each(["2pc", "e3pc", "paxos-commit"])(
    "%s of two nodes, one crashes, connections in order",
    (protocol) => {
      expect(explore(model(protocol, { ...CRASHING, ordered: true }))).toMatchObject(PASSED);
    },
  );
});

describe("every invariant that a mutant breaks is seen to break:", () => {
  test("3PC gives two outcomes where a suspicion may be wrong, and its counterexample can be followed", () => {
    const refuted = model("3pc");
    const { counterexample } = explore(refuted);
    expect(counterexample?.invariant).toBe("one outcome");
    expect(counterexample?.actions).toHaveLength(12);
    expect(follow(refuted, counterexample?.actions ?? [])).toMatchObject({
      differsAt: null,
      violation: { invariant: "one outcome" },
    });
  });

  const ONLY_LATE = { timeouts: 1, failures: 0 };
  /** With the number of actions of the shortest run to it. */
  test.each<[string, string, string, Partial<Allowance>, number]>([
    ["2pc", "commits-on-majority", "all prepared", ONLY_LATE, 7],
    ["2pc", "commits-with-own-stamp", "same CSN", { ...ONLY_LATE, nodes: 2 }, 9],
    ["2pc", "commits-twice", "sound", { ...ONLY_LATE, nodes: 2 }, 8],
    ["2pc", "acknowledges-early", "acknowledged survives", { ...ONLY_LATE, nodes: 2 }, 6],
    ["e3pc-resolvers", "accepts-any-term", "one outcome", {}, 16],
    ["e3pc-resolvers", "equivocates", "same CSN", {}, 17],
  ])("%s with %s violates %s", (name, mutant, invariant, allowance, actions) => {
    const { counterexample } = explore(model(name, allowance, mutant));
    expect(counterexample).toMatchObject({ invariant });
    expect(counterexample?.actions).toHaveLength(actions);
  });
});
