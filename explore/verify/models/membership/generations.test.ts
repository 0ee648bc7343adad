/** Generations, every interleaving within bounds, and each rule of theirs broken. */
import { describe, expect, test } from "vitest";
import { explore } from "../../explorer.ts";
import { GENERATIONS_SHAPE, type GenerationsMutant, generations } from "./generations.ts";

const NOTHING = { actions: [], messages: [], states: [], outcomes: [] };

/** Enough for every action; `lockstep verify generations` takes two transactions. */
const SMALL = { ...GENERATIONS_SHAPE, transactions: 1 };

describe("generations", () => {
  test("keep their promises in every interleaving, and every action is taken", () => {
    expect(explore(generations(SMALL))).toMatchObject({
      distinct: 24_320,
      generated: 97_451,
      stoppedBy: null,
      counterexample: null,
      unreached: NOTHING,
    });
  });

  test("need a third generation for anyone to recover", () => {
    const { unreached } = explore(generations({ ...SMALL, generations: 2 }));
    expect(unreached).toMatchObject({ actions: ["come online"], outcomes: ["recovered"] });
  });
});

/**
 * With the actions of the shortest run to any violation, and of the shortest to logs that differ, which is all that the
 * original's specification checks.
 */
const REFUTED: readonly [GenerationsMutant, number, number][] = [
  ["commits-on-majority", 5, 7],
  ["accepts-older-prepares", 7, 12],
  ["breaks-promise", 7, 13],
  ["everyone-is-donor", 7, 13],
  ["online-too-soon", 8, 14],
];

describe("a broken rule is refuted by the shortest run there is:", () => {
  test.each(REFUTED)("%s, someone is online without all in %i", (mutant, actions) => {
    const { counterexample } = explore(generations(GENERATIONS_SHAPE, mutant));
    expect(counterexample?.invariant).toBe("online holds all");
    expect(counterexample?.actions).toHaveLength(actions);
  });

  test.each(REFUTED)("%s, after %i it takes %i for logs to differ", (mutant, _, actions) => {
    const { counterexample } = explore(only("same order", mutant));
    expect(counterexample?.actions).toHaveLength(actions);
  });

  test("but to recover from anyone is safe", () => {
    expect(explore(generations(SMALL, "recovers-from-anyone"))).toMatchObject({
      stoppedBy: null,
      counterexample: null,
      unreached: NOTHING,
    });
  });
});

function only(invariant: string, mutant: GenerationsMutant) {
  const model = generations(GENERATIONS_SHAPE, mutant);
  return { ...model, invariants: model.invariants.filter(({ name }) => name === invariant) };
}
