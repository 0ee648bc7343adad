/**
 * What a mutant is: the real protocol with one thing broken on purpose, and the check that must notice.
 *
 * A mutant is made from the outside. It replaces one rule by a wrong one around the real rule, or tampers with what
 * goes into a node or comes out of it; the real code knows nothing of it.
 */
import type { CommitProtocol } from "../../protocol/commit/commit-protocol.ts";
import { type CommitProtocols, commitProtocols } from "../../protocol/commit/protocols.ts";
import type { CommitProtocolName, SnapshotManagerName } from "../../protocol/config.ts";
import type { Effect } from "../../protocol/effects.ts";
import type { Input } from "../../protocol/inputs.ts";
import { createStep, type Step, step } from "../../protocol/node.ts";
import { transactionManagers } from "../../protocol/snapshot/managers.ts";
import type { TransactionManager } from "../../protocol/snapshot/transaction-manager.ts";
import type { NodeState } from "../../protocol/state.ts";
import type { ScenarioInput } from "../scenario.ts";
import type { MutantName } from "./names.ts";

export interface Mutant {
  readonly name: MutantName;
  /** What is broken, in a sentence. */
  readonly about: string;
  readonly source: string;
  /** The check that must be violated in some run of `shownBy`. */
  readonly caughtBy: string;
  /** A scenario under which it shows, within a few seeds. */
  readonly shownBy: ScenarioInput;
  readonly step: Step;
}

/** A step under which one commit protocol has some of its functions replaced. */
export function withCommit(name: CommitProtocolName, replaced: Partial<CommitProtocol>): Step {
  const protocols: CommitProtocols = {
    ...commitProtocols,
    [name]: { ...commitProtocols[name], ...replaced },
  };
  return createStep({ commitProtocols: protocols, transactionManagers });
}

export function withManager(name: SnapshotManagerName, replaced: Partial<TransactionManager>): Step {
  const managers = { ...transactionManagers, [name]: { ...transactionManagers[name], ...replaced } };
  return createStep({ commitProtocols, transactionManagers: managers });
}

/** A step whose effects pass through `tamper`; null: the effect is lost. */
export function withEffects(tamper: (effect: Effect, state: NodeState) => Effect | null): Step {
  return (state, input, emit) => {
    step(state, input, (effect) => {
      const passed = tamper(effect, state);
      if (passed !== null) emit(passed);
    });
  };
}

/** A step whose inputs pass through `tamper`. */
export function withInputs(tamper: (input: Input, state: NodeState) => Input): Step {
  return (state, input, emit) => step(state, tamper(input, state), emit);
}
