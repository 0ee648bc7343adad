/** Which names nodes have changes nothing: neither what is reached nor how long it takes. */
import { describe, expect, test } from "vitest";
import { explore } from "../../explorer.ts";
import type { Model } from "../../model.ts";
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
