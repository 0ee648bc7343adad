import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkIsolation, type IsolationReport } from "./check-isolation.ts";
import { handMade, type Line } from "./hand-made.ts";
import type { LabelCheck, LabelReport } from "./labels.ts";
import { largeHistory } from "./large-histories.ts";

function check(lines: readonly Line[]): IsolationReport & { readonly labels: LabelReport } {
  const report = checkIsolation(handMade(lines), true);
  return { ...report, labels: report.labels! };
}

function violated(lines: readonly Line[]): LabelCheck[] {
  return check(lines).labels.violations.map((violation) => violation.check);
}

const histories = fc.record({
  seed: fc.nat(),
  transactions: fc.constantFrom(6, 20, 60),
  sessions: fc.constantFrom(1, 4, 20),
  keys: fc.constantFrom(2, 6, 30),
  lag: fc.constantFrom(0, 0, 2, 6),
  spoil: fc.constant(0),
  lost: fc.constantFrom(0, 30),
});

/** What may be changed in one transaction of a history that was right. */
const changes = fc.record({
  place: fc.nat(),
  field: fc.constantFrom("none", "read", "label", "csn", "time"),
  amount: fc.integer({ min: -6, max: 6 }),
});

function change(
  lines: Line[],
  { place, field, amount }: { place: number; field: string; amount: number },
): Line[] {
  return lines.map((line, id) => {
    if (id !== place % lines.length) return line;
    if (field === "label") return withLabel(line, Math.max(0, line.label! + 2 * amount));
    if (field === "csn") return { ...line, csn: Math.max(1, line.csn! + 2 * amount + 1) };
    if (field === "time")
      return { ...line, at: [line.at![0] + 40 * Math.abs(amount), line.at![1] + 40 * Math.abs(amount)] };
    if (field !== "read") return line;
    const first = line.steps[0]!;
    return "read" in first
      ? { ...line, steps: [{ ...first, from: "initial" }, ...line.steps.slice(1)] }
      : line;
  });
}

function withLabel(line: Line, label: number): Line {
  return { ...line, label, count: 0 };
}

describe("labels and the graph", () => {
  it("agree: what labels prove, the graph finds", () => {
    const seen = { right: 0, wrong: 0, sessions: 0, times: 0 };
    fc.assert(
      fc.property(histories, changes, (parameters, changed) => {
        const { labels, levels } = check(change(largeHistory(parameters), changed));
        const isViolated = (name: LabelCheck) => labels.checks[name] === "violated";
        if (isViolated("EXT") || isViolated("NOCONFLICT")) {
          seen.wrong += 1;
          return;
        }
        seen.right += 1;
        expect(levels.GSI).not.toBe("violated");
        if (isViolated("SESSION")) return;
        seen.sessions += 1;
        expect(levels["strong session SI"]).not.toBe("violated");
        if (isViolated("REALTIME")) return;
        seen.times += 1;
        expect(levels["strong SI"]).not.toBe("violated");
      }),
      { numRuns: 2_000 },
    );
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(100);
  });

  it("agree: one altered read in a large history is found by both, and by nothing else", () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0, 4), (seed, lag) => {
        const lines = largeHistory({ seed, transactions: 300, sessions: 6, keys: 20, lag, spoil: 0 });
        const label = 2 * lines.length + 10;
        const writer: Line = {
          csn: label,
          label: label - 1,
          steps: [{ insert: "one" }, { insert: "two" }],
        };
        const reader = (two: number | "absent"): Line => ({
          label,
          steps: [
            { read: "one", from: lines.length },
            { read: "two", from: two },
          ],
        });
        const whole = check([...lines, writer, reader(lines.length)]);
        expect(
          whole.labels.violations.filter(({ check: name }) => name === "EXT" || name === "NOCONFLICT"),
        ).toEqual([]);
        expect(whole.levels.GSI).toBe("holds");
        const altered = check([...lines, writer, reader("absent")]);
        expect(altered.labels.checks.EXT).toBe("violated");
        expect(altered.labels.violations[0]?.transactions).toContain(lines.length + 1);
        const graph = altered.violations.find(({ level }) => level === "GSI");
        expect(graph?.anomaly).toBe("read skew");
        expect(new Set(graph?.transactions)).toEqual(new Set([lines.length, lines.length + 1]));
      }),
      { numRuns: 50 },
    );
  });

  it("may disagree the other way: a label can lie about an older snapshot that is consistent", () => {
    const report = check([
      { csn: 10, label: 0, steps: [{ write: "x", over: "initial" }] },
      { label: 20, steps: [{ read: "x", from: "initial" }] },
    ]);
    expect(report.levels.GSI).toBe("holds");
    expect(report.labels.violations).toEqual([
      {
        check: "EXT",
        sentence:
          "T1 (read-only, node 1) read r/x in the initial version; the newest in its snapshot at CSN 20 is the version of T0 (1:1, node 1) (CSN 10).",
        transactions: [1, 0],
      },
    ]);
  });
});

describe("labels", () => {
  const write: Line = {
    csn: 10,
    label: 0,
    session: 1,
    at: [0, 10],
    steps: [{ write: "x", over: "initial" }],
  };

  it("EXT: a read must not be newer than its snapshot either", () => {
    expect(violated([write, { label: 9, steps: [{ read: "x", from: 0 }] }])).toEqual(["EXT"]);
    expect(violated([write, { label: 10, steps: [{ read: "x", from: 0 }] }])).toEqual([]);
  });

  it("EXT: a key that was not there, or no longer, must not be found, and one that is there must", () => {
    const lives: Line[] = [
      { csn: 10, label: 0, steps: [{ insert: "x" }] },
      { csn: 20, label: 10, steps: [{ delete: "x", over: 0 }] },
      { csn: 30, label: 20, steps: [{ insert: "x" }] },
    ];
    const reads = (label: number, from: number | "absent") =>
      violated([...lives, { label, steps: [{ read: "x", from }] }]);
    expect(reads(5, "absent")).toEqual([]);
    expect(reads(15, 0)).toEqual([]);
    expect(reads(25, "absent")).toEqual([]);
    expect(reads(35, 2)).toEqual([]);
    expect(reads(15, "absent")).toEqual(["EXT"]);
    expect(reads(25, 0)).toEqual(["EXT"]);
    expect(reads(35, "absent")).toEqual(["EXT"]);
  });

  it("NOCONFLICT: a version that the snapshot does not hold must not be replaced", () => {
    const second = (label: number): Line => ({ csn: 20, label, steps: [{ write: "x", over: 0 }] });
    expect(violated([write, second(10)])).toEqual([]);
    expect(violated([write, second(9)])).toEqual(["NOCONFLICT"]);
  });

  it("NOCONFLICT: under READ COMMITTED it may be, but it must be the newest", () => {
    const isolation = "read committed";
    const third: Line = { csn: 30, label: 0, isolation, steps: [{ write: "x", over: 1 }] };
    const second: Line = { csn: 20, label: 10, steps: [{ write: "x", over: 0 }] };
    expect(violated([write, second, third])).toEqual([]);
    expect(violated([write, second, { ...third, steps: [{ write: "x", over: 0 }] }])).toEqual(["NOCONFLICT"]);
  });

  it("NOCONFLICT: an insert follows the deletion that it names", () => {
    const lives: Line[] = [
      { csn: 10, label: 0, steps: [{ delete: "x", over: "initial" }] },
      { csn: 20, label: 10, steps: [{ insert: "x", over: 0 }] },
      { csn: 30, label: 20, steps: [{ delete: "x", over: 1 }] },
    ];
    const last = (over: number): Line => ({ csn: 40, label: 30, steps: [{ insert: "x", over }] });
    expect(violated([...lives, last(2)])).toEqual([]);
    expect(violated([...lives, last(0)])).toEqual(["NOCONFLICT"]);
  });

  it("NOCONFLICT: no commit lies within its own snapshot", () => {
    expect(violated([{ csn: 10, label: 10, steps: [{ write: "x", over: "initial" }] }])).toContain(
      "NOCONFLICT",
    );
  });

  it("SESSION: a snapshot holds the session's commits, and no less than the snapshot before", () => {
    const read = (label: number, session: number, at: [number, number]): Line => ({
      label,
      session,
      at,
      steps: [{ read: "y", from: "initial" }],
    });
    expect(violated([write, read(9, 1, [10, 20])])).toEqual(["SESSION"]);
    expect(violated([write, read(10, 1, [10, 20])])).toEqual([]);
    expect(violated([write, read(15, 2, [0, 5]), read(9, 2, [6, 7])])).toEqual(["SESSION"]);
    expect(check([write, read(9, 1, [10, 20])]).labels.violations[0]?.sentence).toBe(
      "T0 (1:1, node 1) ended at 10 us with a snapshot at CSN 0 and CSN 10, and then T1 (read-only, node 1) began at 10 us with a snapshot at CSN 9 in session 1.",
    );
  });

  it("REALTIME: a snapshot holds every acknowledged commit", () => {
    const read = (label: number, began: number): Line => ({
      label,
      session: 2,
      at: [began, began + 5],
      steps: [{ read: "y", from: "initial" }],
    });
    expect(violated([write, read(9, 11)])).toEqual(["REALTIME"]);
    expect(violated([write, read(9, 10)])).toEqual([]);
    expect(violated([write, read(10, 11)])).toEqual([]);
    const lost: Line = { ...write, outcome: "unknown", committed: true };
    expect(violated([lost, read(9, 11)])).toEqual([]);
  });

  it("of READ COMMITTED statements are their own, and its commit has none", () => {
    const line: Line = {
      label: 0,
      csn: 30,
      isolation: "read committed",
      steps: [
        { write: "z", over: "initial" },
        { read: "y", from: "initial", label: 5 },
        { read: "x", from: 0, label: 10 },
      ],
    };
    expect(violated([write, line])).toEqual([]);
  });

  it("do not tell what a READ COMMITTED statement read after it had waited for a lock", () => {
    const isolation = "read committed";
    const read = { read: "x", from: 0 } as const;
    expect(violated([write, { isolation, label: 9, steps: [{ ...read, lock: true }] }])).toEqual([]);
    expect(violated([write, { isolation, label: 9, steps: [read] }])).toEqual(["EXT"]);
  });

  it("a snapshot may hold some of the commits that share its CSN, as many as it counts", () => {
    const twins: Line[] = [
      { csn: 10, label: 0, steps: [{ write: "x", over: "initial" }] },
      { csn: 10, label: 0, steps: [{ write: "y", over: "initial" }] },
    ];
    const read = (count: number, y: 1 | "initial"): Line => ({
      label: 10,
      count,
      steps: [
        { read: "x", from: 0 },
        { read: "y", from: y },
      ],
    });
    expect(violated([...twins, read(1, "initial")])).toEqual([]);
    expect(violated([...twins, read(2, 1)])).toEqual([]);
    expect(violated([...twins, read(0, 1)])).toEqual([]);
    expect(violated([...twins, read(1, 1)])).toEqual(["EXT"]);
    expect(violated([...twins, read(2, "initial")])).toEqual(["EXT"]);
  });

  it("of an unrecorded commit count, but what it deleted is not known", () => {
    const gid = 999 * 32 + 1;
    const lines: Line[] = [
      { csn: 10, label: 0, steps: [{ insert: "x" }] },
      { label: 30, steps: [{ read: "x", from: "absent" }] },
      { csn: 40, label: 30, steps: [{ insert: "x" }] },
      { label: 30, steps: [{ read: "y", from: { gid } }] },
    ];
    expect(checkIsolation(handMade(lines, [[gid, 20]]), true).labels?.violations).toEqual([]);
    expect(checkIsolation(handMade(lines, [[gid, 35]]), true).labels?.checks.EXT).toBe("violated");
  });

  it("are not exercised without reads, writes or predecessors", () => {
    expect(check([]).labels.checks).toEqual({
      EXT: "not exercised",
      NOCONFLICT: "not exercised",
      SESSION: "not exercised",
      REALTIME: "not exercised",
    });
  });
});
