/**
 * A set of values keyed by integers, split into buckets.
 *
 * Under immer a change copies the container that holds the value, so one flat Map would make every step cost as
 * much as there are transactions; buckets keep that cost flat (engine 0). In place it is a Map lookup.
 * Iteration goes bucket by bucket, then in order of insertion: the same on every host.
 */
export interface Keyed<Value> {
  count: number;
  readonly buckets: Map<number, Value>[];
}

const BUCKETS = 64;

export function createKeyed<Value>(): Keyed<Value> {
  return { count: 0, buckets: Array.from({ length: BUCKETS }, () => new Map<number, Value>()) };
}

export function getKeyed<Value>(set: Keyed<Value>, key: number): Value | undefined {
  return bucketOf(set, key).get(key);
}

export function putKeyed<Value>(set: Keyed<Value>, key: number, value: Value): void {
  const bucket = bucketOf(set, key);
  if (!bucket.has(key)) set.count += 1;
  bucket.set(key, value);
}

export function deleteKeyed<Value>(set: Keyed<Value>, key: number): void {
  if (bucketOf(set, key).delete(key)) set.count -= 1;
}

/** The values, as a list of their own: the set may change while it is walked. */
export function valuesOf<Value>(set: Keyed<Value>): Value[] {
  const values: Value[] = [];
  if (set.count === 0) return values;
  for (const bucket of set.buckets) {
    // Most are empty, and an iterator is not free.
    if (bucket.size === 0) continue;
    for (const value of bucket.values()) values.push(value);
  }
  return values;
}

function bucketOf<Value>(set: Keyed<Value>, key: number): Map<number, Value> {
  // Gids differ above the node bits, sessions in the low bits: fold both.
  const index = (key ^ (key >>> 5)) & (BUCKETS - 1);
  return set.buckets[index] as Map<number, Value>;
}
