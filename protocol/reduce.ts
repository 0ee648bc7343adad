/**
 * `step` as a pure function: immutable states with structural sharing, for traces, time travel, the explorer and
 * journals. The effects are part of what immer finishes, so that no draft leaks into one.
 */
import { type Draft, enableMapSet, freeze, produce } from "immer";
import type { Effect } from "./effects.ts";
import type { Input } from "./inputs.ts";
import type { Step } from "./node.ts";
import type { NodeState } from "./state.ts";

enableMapSet();

export interface Reduction {
  readonly state: NodeState;
  readonly effects: readonly Effect[];
}

export function reduce(step: Step, state: NodeState, input: Input): Reduction {
  const before: Reduction = { state, effects: [] };
  return produce(before, (draft: Draft<Reduction>) => {
    const effects: unknown[] = draft.effects;
    step(draft.state, freeze(input, true), (effect) => {
      effects.push(effect);
    });
  });
}
