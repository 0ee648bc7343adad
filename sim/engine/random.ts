/**
 * Named random streams, all derived from one seed: adding a draw in one place moves nothing elsewhere.
 *
 * The generator is seedrandom's tychei (Neves and Araujo 2011): streams seeded by similar names are independent, which
 * is not so of its xorshift family, and its state is four words for a checkpoint (engine.md 4).
 */
import tychei, { type TycheiState } from "seedrandom/lib/tychei.js";
import type { Random } from "../../scenarios/random.ts";

export interface RandomStreams {
  readonly seed: string;
  readonly streams: Map<string, Random & { state(): TycheiState }>;
}

export type SavedStreams = readonly (readonly [name: string, state: TycheiState])[];

export function createStreams(seed: string): RandomStreams {
  return { seed, streams: new Map() };
}

export function streamOf(streams: RandomStreams, name: string): Random {
  const known = streams.streams.get(name);
  if (known !== undefined) return known;
  const created = tychei(`${streams.seed}|${name}`, { state: true });
  streams.streams.set(name, created);
  return created;
}

export function saveStreams({ streams }: RandomStreams): SavedStreams {
  return [...streams].map(([name, random]) => [name, random.state()] as const);
}

export function restoreStreams(seed: string, saved: SavedStreams): RandomStreams {
  const restored = createStreams(seed);
  for (const [name, state] of saved) restored.streams.set(name, tychei("", { state }));
  return restored;
}
