/**
 * What a history tells of its versions: the common form of list-append and register histories.
 *
 * A version is what one committed transaction left under one key. Of each version a `parent` is known, which comes
 * before it, though perhaps not directly; so the versions of a key are a tree below the initial one. A tree that is
 * a single chain is the version order; where it branches, the order of the branches is not known.
 */
import { type Arena, createArena, intsIn } from "../isolation/arena.ts";
import type { Evidence } from "../isolation/evidence.ts";
import type { ClientTransaction, Scalar } from "./transactions.ts";

/** In place of a version: the initial one. */
export const INITIAL_VERSION = -1;

export interface KnownVersions {
  /** Where these columns lie, and what is computed from them. */
  readonly arena: Arena;
  readonly keys: readonly Scalar[];
  /** Committed transactions by their place in the history, in order of invocation: the units. */
  readonly committed: Int32Array;
  readonly versionUnit: Int32Array;
  readonly versionKey: Int32Array;
  readonly parent: Int32Array;
  /** Whether the writer read the parent, and so has to come directly after it if no update is to be lost. */
  readonly replacesParent: Uint8Array;
  /** What each unit read that it had not written itself, once a key, from `readStart[unit]` on. */
  readonly readStart: Int32Array;
  readonly readKey: Int32Array;
  readonly readVersion: Int32Array;
  /** Reads of what no committed transaction left, and the like: no level allows them. */
  readonly dirt: readonly Evidence[];
  /** A transaction that contradicts itself; null if there is none. */
  readonly internal: Evidence | null;
}

/** What all columns take for each, about. */
const BYTES_OF_TRANSACTION = 256;
const BYTES_OF_STEP = 128;

export function arenaFor(transactions: readonly ClientTransaction<unknown>[]): Arena {
  let steps = 0;
  for (let index = 0; index < transactions.length; index++) steps += transactions[index]!.steps.length;
  return createArena(BYTES_OF_TRANSACTION * transactions.length + BYTES_OF_STEP * steps);
}

/** The children of each version as linked lists, in order of version. */
export interface Children {
  readonly firstOfKey: Int32Array;
  readonly first: Int32Array;
  readonly sibling: Int32Array;
}

export function childrenOf({ arena, keys, parent, versionKey }: KnownVersions): Children {
  const firstOfKey = intsIn(arena, keys.length).fill(-1);
  const first = intsIn(arena, parent.length).fill(-1);
  const sibling = intsIn(arena, parent.length).fill(-1);
  for (let version = parent.length - 1; version >= 0; version--) {
    const isRoot = parent[version] === INITIAL_VERSION;
    const heads = isRoot ? firstOfKey : first;
    const place = isRoot ? versionKey[version]! : parent[version]!;
    sibling[version] = heads[place]!;
    heads[place] = version;
  }
  return { firstOfKey, first, sibling };
}

/** Whether some key's order of versions is not known in full. */
export function isPartial({ firstOfKey, first, sibling }: Children): boolean {
  const branches = (head: number) => head >= 0 && sibling[head]! >= 0;
  return firstOfKey.some(branches) || first.some(branches);
}

/** Two versions whose writers both read what they replaced, and it was the same; null if there are none. */
export function findLostUpdate(
  { parent, replacesParent }: KnownVersions,
  { sibling }: Children,
): { readonly one: number; readonly other: number } | null {
  for (let one = 0; one < parent.length; one++) {
    if (replacesParent[one] === 0) continue;
    for (let other = sibling[one]!; other >= 0; other = sibling[other]!) {
      if (replacesParent[other] === 1) return { one, other };
    }
  }
  return null;
}
