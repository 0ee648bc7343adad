/**
 * Histories of any size for tests, from a seed: a serial execution that is then spoilt. Each transaction reads and
 * writes at a snapshot that lags behind by up to `lag` commits; `spoil` of its reads return the version before.
 */
import type { Line, Step, Version } from "./hand-made.ts";

export interface LargeHistory {
  readonly seed: number;
  readonly transactions: number;
  readonly sessions: number;
  readonly keys: number;
  readonly lag: number;
  /** Share of reads, in percent. */
  readonly spoil: number;
  /** Share of updates whose client never has its answer, in percent. */
  readonly lost?: number;
}

/** With true labels: of the snapshot, unless reads are spoilt, and of the commit. Times follow the commits. */
export function largeHistory({
  seed,
  transactions,
  sessions,
  keys,
  lag,
  spoil,
  lost = 0,
}: LargeHistory): Line[] {
  const random = createRandom(seed);
  const lines: Line[] = [];
  /** By key: who wrote, ascending by commit. */
  const chains: Version[][] = Array.from({ length: keys }, () => ["initial"]);
  const committedAt: number[] = [];
  const ended = new Array<number>(sessions).fill(0);
  let commits = 0;
  for (let id = 0; id < transactions; id++) {
    const session = random(sessions);
    const snapshot = Math.max(0, commits - random(lag + 1));
    const isVisible = (version: Version) => typeof version !== "number" || committedAt[version]! < snapshot;
    const steps: Step[] = [];
    const touched = new Set<number>();
    for (let read = 0; read < 3; read++) {
      const key = random(keys);
      const visible = chains[key]!.filter(isVisible);
      const spoilt = visible.length > 1 && random(100) < spoil ? 2 : 1;
      if (!touched.has(key)) steps.push({ read: `k${key}`, from: visible[visible.length - spoilt]! });
      touched.add(key);
    }
    const writes: number[] = [];
    for (let write = 0; write < 2 && random(2) === 0; write++) {
      const key = random(keys);
      const newest = chains[key]![chains[key]!.length - 1]!;
      if (!isVisible(newest) || writes.includes(key)) continue;
      steps.push({ write: `k${key}`, over: newest });
      writes.push(key);
    }
    const began = Math.max(10 * id, ended[session]! + 1);
    ended[session] = began + random(30);
    const line: Line = {
      session,
      at: [began, ended[session]!],
      csn: 2 * commits + 2,
      label: 2 * snapshot,
      count: snapshot,
      steps,
    };
    const isLost = writes.length > 0 && random(100) < lost;
    lines.push(isLost ? { ...line, outcome: "unknown", committed: true } : line);
    if (writes.length === 0) continue;
    for (const key of writes) chains[key]!.push(id);
    committedAt[id] = commits;
    commits += 1;
  }
  return lines;
}

/** Integers below a limit; a linear congruential generator is random enough for tests and benchmarks. */
export function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * below);
  };
}
