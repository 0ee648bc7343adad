/** `--seeds 1..20`, as the verbs that run many seeds take it. */
import { UserError } from "./exit.ts";

export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/** "1..20"; throws UserError. */
export function parseSeedRange(text: string, largest: number): SeedRange {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  const first = Number(range?.[1]);
  const last = Number(range?.[2]);
  if (range === null || last < first || last - first >= largest || !Number.isSafeInteger(last)) {
    throw new UserError(`--seeds ${text}: expected a range such as 1..20, of at most ${largest} seeds`);
  }
  return { first, last };
}

/** "7", any text, or "1..20"; throws UserError. */
export function parseSeeds(text: string): string[] {
  if (!text.includes("..")) return [text];
  const { first, last } = parseSeedRange(text, LARGEST_RANGE);
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
}

const LARGEST_RANGE = 100_000;
