/**
 * Exhaustive exploration, breadth first: every state that a model can reach, each once, nearest first, so the first
 * violation that is found has the shortest counterexample there is.
 *
 * Counts are TLC's (Yu, Manolios, Lamport, "Model Checking TLA+ Specifications", 1999), so that they can be held
 * against published ones: `generated` counts the initial states and every successor, also those seen before; an initial
 * state is at depth 1.
 */
import type { Model, Seen, State } from "./model.ts";
import { addState, createVisited, isState, readState, type Visited } from "./visited.ts";

export interface Bounds {
  /** Deepest level that is visited; an initial state is at depth 1. */
  readonly depth?: number;
  /** No further state is expanded once so many are known. */
  readonly states?: number;
}

export interface Exploration {
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
  /** What ended it before every state was expanded; null if none is left. */
  readonly stoppedBy: "depth" | "states" | "violation" | null;
  readonly counterexample: Counterexample | null;
  readonly unreached: Unreached;
}

export interface Counterexample {
  readonly invariant: string;
  readonly evidence: string;
  /** The actions from an initial state, in words. */
  readonly actions: readonly string[];
}

export interface Unreached {
  readonly actions: readonly string[];
  readonly messages: readonly string[];
  readonly states: readonly string[];
  readonly outcomes: readonly string[];
}

/** Told now and then how far it is: states known, and how many of them are still to be expanded. */
export type Watch = (distinct: number, waiting: number) => void;

const WATCH_EVERY = 1 << 14;

interface Search {
  readonly model: Model;
  readonly visited: Visited;
  readonly seen: Seen;
  generated: number;
  violation: Violation | null;
}

interface Violation {
  /** The state that breaks it. */
  readonly index: number;
  readonly invariant: string;
  readonly evidence: string;
}

export function explore(model: Model, bounds: Bounds = {}, watch: Watch = () => {}): Exploration {
  const search: Search = {
    model,
    visited: createVisited(model.words),
    seen: { actions: 0, messages: 0, states: 0, outcomes: 0 },
    generated: 0,
    violation: null,
  };
  for (const state of model.initial) take(search, Int32Array.from(state), -1);
  const { depth, stoppedBy } = expandLevels(search, bounds, watch);
  return {
    distinct: search.visited.count,
    generated: search.generated,
    depth,
    stoppedBy: search.violation === null ? stoppedBy : "violation",
    counterexample: search.violation === null ? null : counterexampleOf(search, search.violation),
    unreached: unreachedOf(search),
  };
}

function expandLevels(search: Search, bounds: Bounds, watch: Watch) {
  const { visited } = search;
  const { depth: deepest = Number.POSITIVE_INFINITY, states: most = Number.POSITIVE_INFINITY } = bounds;
  const state = new Int32Array(visited.words);
  const expand = createExpander(search, state);
  let depth = 1;
  let index = 0;
  for (
    let levelEnd = visited.count;
    index < levelEnd && search.violation === null;
    levelEnd = visited.count
  ) {
    if (depth >= deepest) return { depth, stoppedBy: "depth" } as const;
    for (; index < levelEnd && search.violation === null; index++) {
      if (visited.count >= most) return { depth: depthAt(visited), stoppedBy: "states" } as const;
      if ((index & (WATCH_EVERY - 1)) === 0) watch(visited.count, visited.count - index);
      readState(visited, index, state);
      expand(index);
    }
    if (visited.count > levelEnd) depth += 1;
  }
  return { depth, stoppedBy: null };
}

/** Of the state found last: breadth first, it is among the deepest. */
function depthAt(visited: Visited): number {
  return pathTo(visited, visited.count - 1).length;
}

/** One closure for the whole search: one for each state would cost more than the states. */
function createExpander(search: Search, state: State): (index: number) => void {
  const { model, visited, seen } = search;
  const next = new Int32Array(visited.words);
  let parent = 0;
  const visit = (action: number): void => {
    seen.actions |= 1 << action;
    take(search, next, parent);
  };
  return (index) => {
    parent = index;
    model.successors(state, next, visit);
  };
}

function take(search: Search, state: State, parent: number): void {
  const { model, visited, seen } = search;
  search.generated += 1;
  model.canonicalize?.(state);
  if (!addState(visited, state, parent)) return;
  model.observe(state, seen);
  if (search.violation !== null) return;
  for (const { name, violation } of model.invariants) {
    const evidence = violation(state);
    if (evidence === null) continue;
    search.violation = { index: visited.count - 1, invariant: name, evidence };
    return;
  }
}

function pathTo(visited: Visited, last: number): number[] {
  const path: number[] = [];
  for (let index = last; index >= 0; index = visited.parents[index] as number) path.push(index);
  return path.reverse();
}

/**
 * Walks the path again by names: under symmetry the states kept stand for others, so each action is looked for that
 * leads from the state as it really is to one for which the next one kept stands.
 */
function counterexampleOf(search: Search, { index, invariant, evidence }: Violation): Counterexample {
  const { model, visited } = search;
  const [first = 0, ...others] = pathTo(visited, index);
  const state = new Int32Array(visited.words);
  readState(visited, first, state);
  const actions = others.map((other) => stepTowards(model, visited, state, other));
  const last = model.invariants.find(({ name }) => name === invariant);
  return { invariant, evidence: last?.violation(state) ?? evidence, actions };
}

/** Takes the action from `state`, in place, that leads to what state `target` stands for; returns its words. */
function stepTowards(model: Model, visited: Visited, state: State, target: number): string {
  const next = new Int32Array(visited.words);
  const canonical = new Int32Array(visited.words);
  let words: string | null = null;
  let found = state;
  model.successors(state, next, (action, argument) => {
    if (words !== null) return;
    canonical.set(next);
    model.canonicalize?.(canonical);
    if (!isState(visited, target, canonical)) return;
    words = model.describe(state, action, argument);
    found = next.slice();
  });
  if (words === null) throw new Error(`${model.name}: a state has other successors than before`);
  state.set(found);
  return words;
}

function unreachedOf({ model, seen }: Search): Unreached {
  const { actions, messages, states, outcomes } = model.vocabulary;
  return {
    actions: without(actions, seen.actions),
    messages: without(messages, seen.messages),
    states: without(states, seen.states),
    outcomes: without(outcomes, seen.outcomes),
  };
}

function without(words: readonly string[], seen: number): string[] {
  return words.filter((_, index) => (seen & (1 << index)) === 0);
}
