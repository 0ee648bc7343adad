/** The models of who is a member, and of how a node becomes one again: each with its own bounds and its own mutants. */
import type { Model } from "../../model.ts";
import {
  GENERATIONS_MUTANTS,
  GENERATIONS_SHAPE,
  type GenerationsMutant,
  generations,
} from "./generations.ts";
import { RECOVERY_MUTANTS, RECOVERY_SHAPE, type RecoveryMutant, recovery } from "./recovery.ts";
import type { Shape } from "./recovery-state.ts";

export interface MembershipModel {
  readonly name: string;
  /** How much there is of everything, unless one says otherwise. */
  readonly scope: Partial<Shape>;
  /** What each breaks, by its name. */
  readonly mutants: Readonly<Record<string, string>>;
  /** Throws RangeError: there is more of something than a state has room for. The mutant is one of `mutants`. */
  build(scope: Partial<Shape>, mutant: string | null): Model;
}

export const MEMBERSHIP: readonly MembershipModel[] = [
  {
    name: "generations",
    scope: GENERATIONS_SHAPE,
    mutants: GENERATIONS_MUTANTS,
    build: (scope, mutant) =>
      generations({ ...GENERATIONS_SHAPE, ...scope }, mutant as GenerationsMutant | null),
  },
  {
    name: "recovery",
    scope: RECOVERY_SHAPE,
    mutants: RECOVERY_MUTANTS,
    build: (scope, mutant) => recovery({ ...RECOVERY_SHAPE, ...scope }, mutant as RecoveryMutant | null),
  },
];
