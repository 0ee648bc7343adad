/** The models by name. A new one is a row here. */
import type { Step } from "../../../protocol/node.ts";
import type { Model } from "../model.ts";
import type { Allowance } from "./allowance.ts";
import { MEMBERSHIP, type MembershipModel } from "./membership/membership.ts";
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

export const MODELS: readonly Model[] = [
  ...OURS.map((ours) => reducerModel(ours)),
  ...MEMBERSHIP.map((membership) => membership.build({}, null)),
  ...TEXTBOOKS,
];

/** What of a model can be changed, by the names of its bounds; null if nothing, not even its rules. */
export function changeable(name: string): readonly string[] | null {
  const bounds = OURS.find((ours) => ours.name === name)?.allowance ?? membershipNamed(name)?.scope;
  return bounds === undefined ? null : Object.keys(bounds);
}

export function membershipNamed(name: string): MembershipModel | undefined {
  return MEMBERSHIP.find((membership) => membership.name === name);
}

/** The model, with another allowance than its own, or other rules, if it is ours; undefined if there is none. */
export function modelNamed(name: string, allowance: Partial<Allowance>, step?: Step): Model | undefined {
  const ours = OURS.find((known) => known.name === name);
  if (ours === undefined) return TEXTBOOKS.find((model) => model.name === name);
  return reducerModel({ ...ours, allowance: { ...ours.allowance, ...allowance } }, step);
}
