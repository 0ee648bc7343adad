/**
 * Values as small integers: equal values, compared whole, have the same number. A state is then a few numbers, and what
 * was worked out once for a value is found again by its number.
 */

export interface Interned<Value> {
  readonly numbers: Map<string, number>;
  readonly values: Value[];
}

export function createInterned<Value>(): Interned<Value> {
  return { numbers: new Map(), values: [] };
}

/** `key` is the value as text, the same for equal values only. */
export function intern<Value>(interned: Interned<Value>, key: string, value: Value): number {
  const known = interned.numbers.get(key);
  if (known !== undefined) return known;
  const number = interned.values.length;
  interned.numbers.set(key, number);
  interned.values.push(value);
  return number;
}
