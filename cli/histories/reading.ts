/** A text on its way to trees: what EDN and JSON have in common. */
import { failAt, type Source } from "./source.ts";
import type { Tree } from "./tree.ts";
import { createKnownWords, type KnownWords } from "./words.ts";

export interface Reading extends Source {
  at: number;
  depth: number;
  readonly words: KnownWords;
  /** What was read of the lists and maps that are not closed yet, and how much of it counts. */
  readonly held: Tree[];
  holding: number;
}

/** Is handed the operations, one after the other, with their places. */
export type Take = (tree: Tree, at: number) => void;

const DEEPEST = 500;

export function createReading({ path, text }: Source, at: number): Reading {
  return { path, text, at, depth: 0, words: createKnownWords(), held: [], holding: 0 };
}

/** Into the list or map whose bracket stands here. Throws UserError. */
export function enter(reading: Reading): void {
  reading.depth += 1;
  if (reading.depth > DEEPEST) failAt(reading, reading.at, `nested more than ${DEEPEST} deep`);
  reading.at += 1;
}

export function leave(reading: Reading): void {
  reading.depth -= 1;
  reading.at += 1;
}

export function hold(reading: Reading, tree: Tree): void {
  reading.held[reading.holding++] = tree;
}

/** Whether a map that began when so much was held has a field of this name. */
export function holdsName({ held, holding }: Reading, since: number, name: Tree): boolean {
  for (let place = since; place < holding; place += 2) if (held[place] === name) return true;
  return false;
}

/** All that is held since then, in an array of just that size: a history has millions of them. */
export function release(reading: Reading, since: number): Tree[] {
  const items = reading.held.slice(since, reading.holding);
  reading.holding = since;
  return items;
}
