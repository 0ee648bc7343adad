/** Which names nodes have changes nothing: neither what is reached nor how long it takes. */
import { describe, expect, test } from "vitest";
import { randomOf } from "../../../../scenarios/random.ts";
import { createStreams, streamOf } from "../../../../sim/engine/random.ts";
import { explore } from "../../explorer.ts";
import type { Model, State } from "../../model.ts";
import { GENERATIONS_SHAPE, generations } from "./generations.ts";
import { RECOVERY_SHAPE, recovery } from "./recovery.ts";

/** Small enough to be explored whole under every name. */
const SMALL = { transactions: 1, generations: 3 };

function named(model: Model): Model {
  const { canonicalize: _, ...plain } = model;
  return plain;
}

describe.each([
  ["generations", generations({ ...GENERATIONS_SHAPE, ...SMALL })],
  ["recovery", recovery({ ...RECOVERY_SHAPE, ...SMALL, generations: 2 })],
])("the model of %s under all names of its nodes", (_, model) => {
  const [once, all] = [explore(model), explore(named(model))];

  test("has up to six states for one, and the same depth and outcomes", () => {
    expect(all).toMatchObject({ depth: once.depth, unreached: once.unreached, counterexample: null });
    expect(all.distinct).toBeGreaterThan(5 * once.distinct);
  });
});

test("a counterexample is as long under all names as under one", () => {
  const broken = generations(GENERATIONS_SHAPE, "breaks-promise");
  const [once, all] = [explore(broken), explore(named(broken))];
  expect(once.counterexample?.actions).toHaveLength(all.counterexample?.actions.length ?? 0);
});

const WALKS = 200;
const LONGEST = 40;

/** As they are, under the names that the walk happens to give. */
function statesOnWalks(model: Model): State[] {
  const random = streamOf(createStreams("1"), "walks");
  const states: State[] = [];
  for (let walk = 0; walk < WALKS; walk++) {
    let state: State = Int32Array.from(randomOf(random, model.initial));
    for (let length = 0; length < LONGEST; length++) {
      const { all } = successorsOf(model, state);
      if (all.length === 0) break;
      state = randomOf(random, all);
      states.push(state);
    }
  }
  return states;
}

/** Each that an action leads to, and the sorted set of those that stand for them. */
function successorsOf(model: Model, state: State): { all: State[]; canonical: string[] } {
  const next = new Int32Array(model.words);
  const all: State[] = [];
  model.successors(state, next, () => all.push(next.slice()));
  const canonical = all.map((successor) => {
    const standsFor = successor.slice();
    model.canonicalize?.(standsFor);
    return standsFor.join(" ");
  });
  return { all, canonical: [...new Set(canonical)].sort() };
}

/** Or else what is reached from the one would be taken for what is reached from all. */
describe.each([
  ["generations", generations()],
  ["recovery", recovery({ ...RECOVERY_SHAPE, generations: 5 })],
])("the state of %s that stands for others", (_, model) => {
  test("leads to the same as each of them", () => {
    for (const state of statesOnWalks(model)) {
      const standsFor = state.slice();
      model.canonicalize?.(standsFor);
      expect(successorsOf(model, standsFor).canonical).toEqual(successorsOf(model, state).canonical);
    }
  });
});
