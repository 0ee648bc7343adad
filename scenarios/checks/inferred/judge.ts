/**
 * The ladder over what a client's history tells of its versions, and names and sentences for what it finds.
 *
 * A level is violated if that follows from what is known; it holds if it holds for some order of versions that the
 * history allows, which one likely order is tried for; and else it is unknown.
 */
import { LEVELS, type Level } from "../../levels.ts";
import { judgeLevels, type LevelReport } from "../isolation/check-isolation.ts";
import type { Evidence, Violation } from "../isolation/evidence.ts";
import type { Verdict } from "../isolation/verdict.ts";
import { classOf } from "./anomaly-class.ts";
import { childrenOf, findLostUpdate, isPartial, type KnownVersions } from "./known-versions.ts";
import { inLikelyOrder } from "./likely-order.ts";
import { beginStory, nameTransaction, retell, showKey, tell } from "./narration.ts";
import type { ClientTransaction, ListStep, Outcome, RegisterStep } from "./transactions.ts";
import { unitsOf } from "./units-of.ts";

export interface HistoryReport {
  /** The strongest level that holds; "none" also if nothing was exercised. */
  readonly strongest: Level;
  readonly levels: Readonly<Record<Level, Verdict | "unknown">>;
  /** One for each level that is violated, strongest first. */
  readonly violations: readonly ClassedViolation[];
  /** What is wrong with single reads, one of each kind: it comes before any level. */
  readonly dirt: readonly ClassedEvidence[];
  readonly transactions: Readonly<Record<Outcome, number>>;
  /** Of the unknown ones, those whose writes were seen. */
  readonly committedUnknown: number;
  readonly reads: number;
}

/** `transactions` of the evidence are places in the list of transactions. */
export interface ClassedEvidence extends Evidence {
  readonly class: string;
}

export interface ClassedViolation extends ClassedEvidence {
  readonly level: Level;
}

export function judge<Step extends ListStep | RegisterStep>(
  transactions: readonly ClientTransaction<Step>[],
  known: KnownVersions,
): HistoryReport {
  const children = childrenOf(known);
  const conflict = known.internal ?? lostUpdateIn(known, transactions);
  const { units, versions } = unitsOf(known, children, transactions);
  const report = judgeLevels(units, versions, known.dirt[0] ?? null, conflict);
  const counts = { ok: 0, fail: 0, info: 0 };
  for (const { outcome } of transactions) counts[outcome] += 1;
  const levels = isPartial(children) ? levelsOfPartial(known, transactions, report) : report.levels;
  return {
    strongest: LEVELS.find((level) => levels[level] === "holds") ?? "none",
    levels,
    violations: report.violations.map((violation) => describe(transactions, known, violation)),
    dirt: known.dirt.map((evidence) => ({ ...evidence, class: classOf(evidence) })),
    transactions: counts,
    committedUnknown: known.committed.length - counts.ok,
    reads: known.readKey.length,
  };
}

function levelsOfPartial<Step extends ListStep | RegisterStep>(
  known: KnownVersions,
  transactions: readonly ClientTransaction<Step>[],
  { levels }: LevelReport,
): Record<Level, Verdict | "unknown"> {
  if (levels["read committed"] !== "holds") return levels;
  const likely = inLikelyOrder(known, childrenOf(known), transactions);
  const children = childrenOf(likely);
  const { units, versions } = unitsOf(likely, children, transactions);
  const conflict = known.internal ?? lostUpdateIn(known, transactions);
  const witnessed = judgeLevels(units, versions, null, conflict).levels;
  const decided: Record<Level, Verdict | "unknown"> = { ...levels };
  for (const level of LEVELS) {
    if (levels[level] === "holds" && witnessed[level] === "violated") decided[level] = "unknown";
  }
  return decided;
}

function lostUpdateIn<Step extends ListStep | RegisterStep>(
  known: KnownVersions,
  transactions: readonly ClientTransaction<Step>[],
): Evidence | null {
  const lost = findLostUpdate(known, childrenOf(known));
  if (lost === null) return null;
  const story = beginStory(transactions);
  const [one, other] = [lost.one, lost.other].map(
    (version) => known.committed[known.versionUnit[version]!]!,
  ) as [number, number];
  const key = showKey(known.keys[known.versionKey[lost.one]!]!);
  const sentences = [
    `${nameTransaction(story, one)} read ${key} and wrote it.`,
    `${nameTransaction(story, other)} read the same version and wrote it too: whichever came second overwrote what it had not seen.`,
  ];
  return tell("lost update", sentences, [one, other]);
}

function describe<Step extends ListStep | RegisterStep>(
  transactions: readonly ClientTransaction<Step>[],
  { dirt, keys }: KnownVersions,
  { level, ...evidence }: Violation,
): ClassedViolation {
  const isTold = dirt.some(({ sentences }) => sentences === evidence.sentences);
  const told = isTold ? evidence : retell(transactions, keys, evidence);
  return { ...told, level, class: classOf(told) };
}
