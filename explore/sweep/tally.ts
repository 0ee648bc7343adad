/** What many seeds came to. Plain data: it is kept in a file, resumed, and merged; the order of the seeds is no matter. */
import { z } from "zod";
import type { Verdict } from "../../scenarios/checks/isolation/verdict.ts";
import type { SeedResult } from "./sweep-seed.ts";

const counts = z.record(z.string(), z.number());

const failing = z.object({ seed: z.string(), events: z.number(), hash: z.string(), evidence: z.string() });

export const tallySchema = z.object({
  /** Seeds that are done, as ranges from first to last, ascending. */
  done: z.array(z.tuple([z.number(), z.number()])),
  events: z.number(),
  virtualUs: z.number(),
  /** Time spent running seeds, over all workers. */
  busyMs: z.number(),
  /** By check: runs by verdict. */
  verdicts: z.record(
    z.string(),
    z.object({ holds: z.number(), violated: z.number(), "not exercised": z.number() }),
  ),
  isolation: counts,
  reached: counts,
  /** Runs by their median commit latency, by the longest time in doubt, by events: each in powers of two. */
  latencyUs: counts,
  inDoubtUs: counts,
  eventsOfRuns: counts,
  blocked: z.number(),
  /** By cause: how many seeds failed, and the quickest of them. */
  causes: z.record(z.string(), z.object({ count: z.number(), quickest: z.array(failing) })),
  runTwice: z.number(),
  differing: z.array(z.object({ seed: z.string(), differs: z.string() })),
});

export type Tally = z.output<typeof tallySchema>;
export type FailingSeed = z.output<typeof failing>;

/** So many seeds of each cause are kept. */
const KEPT = 10;

export function createTally(): Tally {
  return {
    done: [],
    events: 0,
    virtualUs: 0,
    busyMs: 0,
    verdicts: {},
    isolation: {},
    reached: {},
    latencyUs: {},
    inDoubtUs: {},
    eventsOfRuns: {},
    blocked: 0,
    causes: {},
    runTwice: 0,
    differing: [],
  };
}

/** A seed counts once: one that is done already is passed over. */
export function addToTally(tally: Tally, result: SeedResult): void {
  const seed = Number(result.seed);
  if (isDone(tally, seed)) return;
  markDone(tally, seed);
  tally.events += result.events;
  tally.virtualUs += result.virtualUs;
  for (const [check, verdict] of Object.entries(result.verdicts)) countVerdict(tally, check, verdict);
  if (result.isolation !== null) increase(tally.isolation, result.isolation);
  for (const name of result.reached) increase(tally.reached, name);
  if (result.medianLatencyUs !== null) increase(tally.latencyUs, bucketOf(result.medianLatencyUs));
  increase(tally.inDoubtUs, bucketOf(result.longestInDoubtUs));
  increase(tally.eventsOfRuns, bucketOf(result.events));
  if (result.blocked) tally.blocked += 1;
  addFailure(tally, result);
  if (result.differs === null) return;
  tally.runTwice += 1;
  if (result.differs !== "") tally.differing.push({ seed: result.seed, differs: result.differs });
}

export function seedsDone(tally: Tally): number {
  return tally.done.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

export function isDone({ done }: Tally, seed: number): boolean {
  return done.some(([first, last]) => first <= seed && seed <= last);
}

/** The value under which a share of the runs lies, as the upper end of its power of two; null without runs. */
export function shareBelow(histogram: Readonly<Record<string, number>>, share: number): number | null {
  const buckets = Object.entries(histogram).map(([bucket, count]) => [Number(bucket), count] as const);
  buckets.sort(([one], [other]) => one - other);
  const wanted = share * buckets.reduce((sum, [, count]) => sum + count, 0);
  let sum = 0;
  for (const [bucket, count] of buckets) {
    sum += count;
    if (sum >= wanted) return bucket;
  }
  return null;
}

/** Causes with their seeds, the quickest to fail first. */
export function failuresOf(
  tally: Tally,
): { cause: string; count: number; quickest: readonly FailingSeed[] }[] {
  return Object.entries(tally.causes)
    .map(([cause, { count, quickest }]) => ({ cause, count, quickest }))
    .sort((one, other) => (one.quickest[0]?.events ?? 0) - (other.quickest[0]?.events ?? 0));
}

function addFailure(tally: Tally, { failure, seed, events, hash }: SeedResult): void {
  if (failure === null) return;
  const known = tally.causes[failure.cause] ?? { count: 0, quickest: [] };
  tally.causes[failure.cause] = known;
  known.count += 1;
  known.quickest.push({ seed, events, hash, evidence: failure.evidence });
  known.quickest.sort((one, other) => one.events - other.events || Number(one.seed) - Number(other.seed));
  known.quickest.length = Math.min(known.quickest.length, KEPT);
}

function countVerdict(tally: Tally, check: string, verdict: Verdict): void {
  const known = tally.verdicts[check] ?? { holds: 0, violated: 0, "not exercised": 0 };
  tally.verdicts[check] = known;
  known[verdict] += 1;
}

function increase(record: Record<string, number>, name: string): void {
  record[name] = (record[name] ?? 0) + 1;
}

function bucketOf(value: number): string {
  let bucket = 1;
  while (bucket < value) bucket *= 2;
  return String(bucket);
}

/** Joins the seed to the ranges that touch it. */
function markDone(tally: Tally, seed: number): void {
  const before = tally.done.find(([, last]) => last === seed - 1);
  const after = tally.done.find(([first]) => first === seed + 1);
  const joined: [number, number] = [before?.[0] ?? seed, after?.[1] ?? seed];
  tally.done = tally.done.filter((range) => range !== before && range !== after);
  tally.done.push(joined);
  tally.done.sort(([one], [other]) => one - other);
}
