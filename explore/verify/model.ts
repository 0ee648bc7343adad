/**
 * What can be explored exhaustively: states packed into a few 32-bit words, and the actions that lead from one to the
 * next. Packed states compare exactly, so no two are ever taken for one, as two with the same hash could be.
 */

export interface Model {
  readonly name: string;
  readonly about: string;
  readonly source: string;
  /** What the model itself leaves out or limits, in a sentence: an exhausted space is exhausted within this. */
  readonly bounds: string;
  readonly vocabulary: Vocabulary;
  /** Length of a state. */
  readonly words: number;
  readonly initial: readonly (readonly number[])[];
  /**
   * Writes each successor of `state` into `next` and then calls `visit`, with the index of the action in the
   * vocabulary and what `describe` needs to tell it from others of its kind. May not keep either array.
   */
  successors(state: State, next: State, visit: Visit): void;
  /** Under symmetry: rewrites the state in place as the one that stands for all that differ from it by names alone. */
  canonicalize?(state: State): void;
  /** Marks what of the vocabulary a state shows. */
  observe(state: State, seen: Seen): void;
  readonly invariants: readonly Invariant[];
  /** The action in words: who does what. */
  describe(state: State, action: number, argument: number): string;
}

export type State = Int32Array;

export type Visit = (action: number, argument: number) => void;

/** Everything that the model could do: what of it is never reached is not explored, whatever the number of states. */
export interface Vocabulary {
  readonly actions: readonly string[];
  readonly messages: readonly string[];
  readonly states: readonly string[];
  /** How things can end; all of them must be reached. At most 31 of each kind. */
  readonly outcomes: readonly string[];
}

/** Bit n stands for the nth of the vocabulary. */
export interface Seen {
  actions: number;
  messages: number;
  states: number;
  outcomes: number;
}

export interface Invariant {
  readonly name: string;
  /** Null if it holds; else what breaks it, in a sentence. */
  violation(state: State): string | null;
}
