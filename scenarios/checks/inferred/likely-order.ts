/**
 * One full order of versions among those that a history allows: whoever read what it replaced comes directly after
 * it, and the rest in order of completion. A level holds exactly if it holds for some order, so what holds for this
 * one holds; what does not, says nothing.
 */
import { type Children, INITIAL_VERSION, type KnownVersions } from "./known-versions.ts";
import type { ClientTransaction } from "./transactions.ts";

/** The same with a single chain of versions for each key. The parents must be free of cycles. */
export function inLikelyOrder(
  known: KnownVersions,
  children: Children,
  transactions: readonly ClientTransaction<unknown>[],
): KnownVersions {
  const parent = known.parent.slice();
  const time = (version: number) => likelyTime(transactions[known.committed[known.versionUnit[version]!]!]!);
  /** The last comes first: a stack of versions still to be placed. */
  const ordered = (first: number): number[] => {
    const versions: number[] = [];
    for (let version = first; version >= 0; version = children.sibling[version]!) versions.push(version);
    if (versions.length < 2) return versions;
    const { replacesParent } = known;
    return versions.sort(
      (one, other) => replacesParent[one]! - replacesParent[other]! || time(other) - time(one),
    );
  };
  for (let key = 0; key < known.keys.length; key++) {
    const open = ordered(children.firstOfKey[key]!);
    let last = INITIAL_VERSION;
    for (let version = open.pop(); version !== undefined; version = open.pop()) {
      parent[version] = last;
      last = version;
      open.push(...ordered(children.first[version]!));
    }
  }
  return { ...known, parent };
}

function likelyTime({ completedAt, invokedAt }: ClientTransaction<unknown>): number {
  return completedAt < Number.POSITIVE_INFINITY ? completedAt : invokedAt;
}
