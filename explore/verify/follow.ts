/** Takes the actions of a counterexample again, by their words: the same violation, or where it goes another way. */
import type { Model } from "./model.ts";

export interface Followed {
  /** Number of the first action that cannot be taken, counted from 1; null if all were. */
  readonly differsAt: number | null;
  readonly violation: { readonly invariant: string; readonly evidence: string } | null;
}

export function follow(model: Model, actions: readonly string[]): Followed {
  const state = Int32Array.from(model.initial[0] ?? []);
  const next = new Int32Array(model.words);
  for (const [index, words] of actions.entries()) {
    let found: Int32Array | null = null;
    model.successors(state, next, (action, argument) => {
      if (found === null && model.describe(state, action, argument) === words) found = next.slice();
    });
    if (found === null) return { differsAt: index + 1, violation: null };
    state.set(found);
  }
  for (const { name, violation } of model.invariants) {
    const evidence = violation(state);
    if (evidence !== null) return { differsAt: null, violation: { invariant: name, evidence } };
  }
  return { differsAt: null, violation: null };
}
