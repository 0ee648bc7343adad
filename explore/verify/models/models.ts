/** The models by name. A new one is a row here. */
import type { Step } from "../../../protocol/node.ts";
import type { Model } from "../model.ts";
import type { Allowance } from "./allowance.ts";
import { OURS } from "./ours.ts";
import { paxosCommitTextbook } from "./paxos-commit-textbook.ts";
import { reducerModel } from "./reducers.ts";
import { twoPhaseTextbook } from "./two-phase-textbook.ts";

export const TEXTBOOKS: readonly Model[] = [
  twoPhaseTextbook(3),
  twoPhaseTextbook(5),
  twoPhaseTextbook(7),
  paxosCommitTextbook(),
];

export const MODELS: readonly Model[] = [...OURS.map((ours) => reducerModel(ours)), ...TEXTBOOKS];

/** Whether it is a model of our reducers, which has an allowance and may have a mutant. */
export function isOurs(name: string): boolean {
  return OURS.some((ours) => ours.name === name);
}

/** The model, with another allowance than its own, or other rules, if it is ours; undefined if there is none. */
export function modelNamed(name: string, allowance: Partial<Allowance>, step?: Step): Model | undefined {
  const ours = OURS.find((known) => known.name === name);
  if (ours === undefined) return TEXTBOOKS.find((model) => model.name === name);
  return reducerModel({ ...ours, allowance: { ...ours.allowance, ...allowance } }, step);
}
