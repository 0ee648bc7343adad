/** Random histories of up to five transactions, for tests: few enough to try every order, rich in anomalies. */
import fc from "fast-check";
import type { Line, Step } from "./hand-made.ts";

/** Keys and who wrote them in which order; sessions and times that follow one another; any version may be read. */
export const smallHistories: fc.Arbitrary<Line[]> = fc
  .record({
    count: fc.integer({ min: 2, max: 5 }),
    chains: fc.array(fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }), {
      minLength: 2,
      maxLength: 3,
    }),
    forks: fc.array(fc.integer({ min: 0, max: 14 }), { minLength: 3, maxLength: 3 }),
    reads: fc.array(fc.tuple(fc.nat(4), fc.nat(2), fc.nat(4)), { maxLength: 7 }),
    sessions: fc.array(fc.nat(2), { minLength: 5, maxLength: 5 }),
    gaps: fc.array(fc.tuple(fc.nat(4), fc.nat(6)), { minLength: 5, maxLength: 5 }),
    lost: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 5, maxLength: 5 }),
  })
  .map(({ count, chains, forks, reads, sessions, gaps, lost }): Line[] => {
    const steps: Step[][] = Array.from({ length: count }, () => []);
    const ended = [0, 0, 0];
    for (const [unit, keyIndex, place] of reads) {
      if (unit >= count || keyIndex >= chains.length) continue;
      const chain = chains[keyIndex]!.filter((writer) => writer < count);
      const from = [-1, ...chain][place % (chain.length + 1)]!;
      if (from === unit) continue;
      steps[unit]!.push({ read: `k${keyIndex}`, from: from < 0 ? "initial" : from });
    }
    chains.forEach((chain, keyIndex) => {
      const writers = chain.filter((writer) => writer < count);
      writers.forEach((writer, place) => {
        const isFork = forks[keyIndex] === 0 && place === writers.length - 1 && place > 0;
        const over = writers[place - (isFork ? 2 : 1)];
        steps[writer]!.push({ write: `k${keyIndex}`, over: over ?? "initial" });
      });
    });
    let began = 0;
    return steps.map((does, unit) => {
      const session = sessions[unit]!;
      began = Math.max(began + gaps[unit]![0], ended[session]!);
      ended[session] = began + gaps[unit]![1];
      const line: Line = { steps: does, session, at: [began, ended[session]!] };
      return lost[unit] === 0 && does.some((step) => "write" in step)
        ? { ...line, outcome: "unknown", committed: true }
        : line;
    });
  });
