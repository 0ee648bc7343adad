/** A stream of uniformly distributed numbers in [0, 1): everything random in a world comes from a named one. */
export type Random = () => number;

/** An integer from 0 to `below` - 1. */
export function randomInt(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** One of a non-empty list. */
export function randomOf<Item>(random: Random, items: readonly Item[]): Item {
  return items[randomInt(random, items.length)] as Item;
}
