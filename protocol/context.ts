/**
 * What every function of a step has at hand: where its effects go, and the rules that the configuration chose.
 * The rules come from outside, so that a mutant can replace one of them without a trace in the real code.
 */
import type { CommitProtocol } from "./commit/commit-protocol.ts";
import type { Emit } from "./effects.ts";
import type { TransactionManager } from "./snapshot/transaction-manager.ts";

export interface Context {
  emit: Emit;
  commit: CommitProtocol;
  manager: TransactionManager;
}
