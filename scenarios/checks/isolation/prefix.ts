/**
 * PREFIX: what a stock server shows is a prefix of the cluster's commits in order of CSN (theory 4.2, 4.3; the
 * invariant of clock-si-committer). A label says how many commits its snapshot holds and the largest CSN among them,
 * so this is one comparison: the commits up to that CSN are just as many. Of commits that share the largest CSN, a
 * snapshot may hold some. O(n log n).
 *
 * A label does not say which commits a snapshot lacks. But what one snapshot of a node holds, each other one holds
 * that shows something larger; so the missing are looked for above the largest snapshot of the node that is a prefix.
 */
import { snapshotSize } from "./labels.ts";
import { beginStory, idOf, nameUnit } from "./names.ts";
import type { CommittedTransactions } from "./units.ts";
import type { Verdict } from "./verdict.ts";

export interface PrefixReport {
  readonly verdict: Verdict;
  /** The first snapshot found that is no prefix; null if all are. */
  readonly violation: PrefixViolation | null;
}

export interface PrefixViolation {
  readonly sentence: string;
  readonly node: number;
  /** Id in the history. */
  readonly transaction: number;
  /** The largest CSN of the snapshot. */
  readonly csn: number;
  /** How many smaller commits it lacks, and their CSNs; if these are more, the missing are among them. */
  readonly missingCount: number;
  readonly missing: readonly number[];
}

/** Only where labels count commits: on stock servers. */
export function checkPrefix(units: CommittedTransactions): PrefixReport {
  let labels = 0;
  for (let unit = 0; unit < units.count; unit++) {
    if (units.labelCsn[unit]! < 0) continue;
    labels += 1;
    if (!isPrefix(units, unit)) return { verdict: "violated", violation: explain(units, unit) };
  }
  const isExercised = labels > 0 && units.commits.csn.length > 0;
  return { verdict: isExercised ? "holds" : "not exercised", violation: null };
}

function isPrefix({ commits, labelCount, labelCsn }: CommittedTransactions, unit: number): boolean {
  const count = labelCount[unit]!;
  const label = labelCsn[unit]!;
  if (snapshotSize(commits, label, count) !== count) return false;
  return count === 0 || commits.csn[count - 1] === label;
}

function explain(units: CommittedTransactions, unit: number): PrefixViolation {
  const csns = units.commits.csn;
  const csn = units.labelCsn[unit]!;
  const count = units.labelCount[unit]!;
  const { node } = units.history.transactions[units.record[unit]!]!;
  let smaller = 0;
  while (smaller < csns.length && csns[smaller]! < csn) smaller += 1;
  // The commit with the label's own CSN is one of those that the snapshot holds, unless it holds none.
  const end = count === 0 ? smaller + 1 : smaller;
  const missingCount = csns[smaller] === csn ? Math.max(0, smaller + 1 - count) : 0;
  const held = Math.min(largestPrefix(units, node, smaller), Math.max(0, count - 1));
  const missing = missingCount === 0 ? [] : Array.from(csns.subarray(held, end));
  const sentence = `${nameUnit(beginStory(units), unit)} has a snapshot of ${count} commits up to CSN ${csn}: ${
    missingCount === 0 ? extraPart(csns, csn) : missingPart(missingCount, missing)
  }.`;
  return { sentence, node, transaction: idOf(units, unit), csn, missingCount, missing };
}

/** Size of the largest snapshot of the node that is a prefix of the `limit` smallest commits. */
function largestPrefix(units: CommittedTransactions, node: number, limit: number): number {
  let largest = 0;
  for (let unit = 0; unit < units.count; unit++) {
    if (units.labelCsn[unit]! < 0 || !isPrefix(units, unit)) continue;
    const count = units.labelCount[unit]!;
    if (units.history.transactions[units.record[unit]!]!.node !== node || count > limit) continue;
    if (count > largest) largest = count;
  }
  return largest;
}

function extraPart(csns: Float64Array, csn: number): string {
  if (!csns.includes(csn)) return "no transaction was committed with this CSN";
  return `only ${csns.filter((other) => other <= csn).length} transactions were committed up to it`;
}

const NAMED = 5;

function missingPart(missingCount: number, missing: readonly number[]): string {
  const named = missing.slice(0, NAMED).join(", ") + (missing.length > NAMED ? ", ..." : "");
  if (missing.length === missingCount) return `it lacks CSN ${named}`;
  return `it lacks ${missingCount} of CSN ${named}`;
}
