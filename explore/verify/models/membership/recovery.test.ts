/** Elections by votes, and recovery: every interleaving within bounds, and each rule of theirs broken. */
import { describe, expect, test } from "vitest";
import { size } from "../../../../protocol/members.ts";
import { explore } from "../../explorer.ts";
import type { Invariant } from "../../model.ts";
import { membersOf } from "./membership-state.ts";
import { RECOVERY_SHAPE, type RecoveryMutant, recovery } from "./recovery.ts";
import { isElectedWith, type Shape } from "./recovery-state.ts";

const NOTHING = { actions: [], messages: [], states: [], outcomes: [] };

const WITHOUT_CRASHES = { ...RECOVERY_SHAPE, crashes: 0 };

/** The least at which every action is taken; `lockstep verify recovery` goes to the end. */
const DEPTH = 13;

describe("recovery", () => {
  test("keeps the promises of generations in every interleaving, and every action is taken", () => {
    expect(explore(recovery(), { depth: DEPTH })).toMatchObject({
      distinct: 302_936,
      generated: 1_843_468,
      stoppedBy: "depth",
      counterexample: null,
      unreached: NOTHING,
    });
  });

  /** Then 2 and 3 wait for 1, who alone can end that, by adding itself: while it is gone, for ever. */
  test("may elect a majority none of whose members is a donor, so that nobody comes online in it", () => {
    const shape = { ...WITHOUT_CRASHES, transactions: 0, generations: 4 };
    const { counterexample } = explore({ ...recovery(shape), invariants: [donorWithin(shape)] });
    expect(counterexample?.actions).toHaveLength(13);
    expect(counterexample?.actions.slice(-5)).toEqual([
      "node 2: has won",
      "node 2: sees 1, 3, and asks for generation 4 of 2, 3",
      "node 1: votes for the generation that node 2 asks for",
      "node 3: votes for the generation that node 2 asks for",
      "node 2: has won",
    ]);
  });
});

function donorWithin(shape: Shape): Invariant {
  return {
    name: "a donor within",
    violation: (state) => {
      for (let generation = 1; generation <= shape.generations; generation++) {
        const members = membersOf(shape, state, generation);
        if (size(members) < 2) continue;
        for (let donors = 1; donors < 1 << shape.nodes; donors++) {
          if ((donors & members) === 0 && isElectedWith(shape, state, generation, donors))
            return `the only donors of generation ${generation} are others than its members`;
        }
      }
      return null;
    },
  };
}

describe("a broken rule is refuted by the shortest run there is:", () => {
  /** A generation of a minority does harm only behind two others. */
  test.each<[RecoveryMutant, string, Shape, number]>([
    ["forgets-vote", "one generation a number", RECOVERY_SHAPE, 7],
    ["everyone-is-donor", "online holds all", WITHOUT_CRASHES, 10],
    ["minority-goes-online", "online holds all", { ...WITHOUT_CRASHES, generations: 4 }, 10],
    ["online-too-soon", "online holds all", WITHOUT_CRASHES, 11],
    ["accepts-older-prepares", "donors hold all", WITHOUT_CRASHES, 8],
  ])("%s violates %s", (mutant, invariant, shape, actions) => {
    const { counterexample } = explore(recovery(shape, mutant));
    expect(counterexample).toMatchObject({ invariant });
    expect(counterexample?.actions).toHaveLength(actions);
  });
});
