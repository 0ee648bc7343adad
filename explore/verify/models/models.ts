/** The models by name. A new one is a row here. */
import { COMMIT_PROTOCOLS, type CommitProtocolName } from "../../../protocol/config.ts";
import type { Step } from "../../../protocol/node.ts";
import type { Model } from "../model.ts";
import { paxosCommitTextbook } from "./paxos-commit-textbook.ts";
import { ALLOWANCES, type Allowance, reducerModel } from "./reducers.ts";
import { twoPhaseTextbook } from "./two-phase-textbook.ts";

export const TEXTBOOKS: readonly Model[] = [
  twoPhaseTextbook(3),
  twoPhaseTextbook(5),
  twoPhaseTextbook(7),
  paxosCommitTextbook(),
];

export const MODELS: readonly Model[] = [
  ...COMMIT_PROTOCOLS.map((protocol) => reducerModel(protocol)),
  ...TEXTBOOKS,
];

export function isProtocol(name: string): name is CommitProtocolName {
  return COMMIT_PROTOCOLS.some((protocol) => protocol === name);
}

/** The model of a commit protocol with another allowance than its own, or other rules; undefined if there is none. */
export function modelNamed(name: string, allowance: Partial<Allowance>, step?: Step): Model | undefined {
  if (isProtocol(name)) return reducerModel(name, { ...ALLOWANCES[name], ...allowance }, step);
  return TEXTBOOKS.find((model) => model.name === name);
}
