import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Level } from "../../levels.ts";
import { checkIsolation } from "./check-isolation.ts";
import type { EvidenceEdge, Violation } from "./evidence.ts";
import { handMade, type Line } from "./hand-made.ts";
import { smallHistories } from "./small-histories.ts";

type Kind = EvidenceEdge["kind"];
interface Edge {
  readonly kind: Kind;
  readonly from: number;
  readonly to: number;
}

const FORBIDDEN: Partial<Record<Level, { kinds: Kind[]; allows: (kinds: Kind[]) => boolean }>> = {
  "strict serializable": { kinds: ["WR", "WW", "RW", "SO", "RT"], allows: () => false },
  serializable: { kinds: ["WR", "WW", "RW"], allows: () => false },
  "strong SI": { kinds: ["WR", "WW", "RW", "SO", "RT"], allows: hasAdjacent },
  "strong session SI": { kinds: ["WR", "WW", "RW", "SO"], allows: hasAdjacent },
  GSI: { kinds: ["WR", "WW", "RW"], allows: hasAdjacent },
  PSI: {
    kinds: ["WR", "WW", "RW", "SO"],
    allows: (kinds) => kinds.filter((kind) => kind === "RW").length > 1,
  },
  "read committed": { kinds: ["WR", "WW"], allows: () => false },
};

function hasAdjacent(kinds: Kind[]): boolean {
  return kinds.some((kind, index) => kind === "RW" && kinds[(index + 1) % kinds.length] === "RW");
}

/** Every edge between transactions, by definition. */
function allEdges(lines: readonly Line[], level: Level): Edge[] {
  const edges: Edge[] = [];
  for (let from = 0; from < lines.length; from++) {
    for (let to = 0; to < lines.length; to++) {
      for (const kind of ["WR", "WW", "RW", "SO", "RT"] as const) {
        if (from !== to && isEdge(lines, level, { kind, from, to })) edges.push({ kind, from, to });
      }
    }
  }
  return edges;
}

function isEdge(lines: readonly Line[], level: Level, { kind, from, to }: Edge): boolean {
  const [one, other] = [lines[from]!, lines[to]!];
  const isAnswered = (one.outcome ?? "committed") === "committed";
  const updates = one.steps.some((step) => "write" in step);
  switch (kind) {
    case "WR":
      return other.steps.some((step) => "read" in step && step.from === from);
    case "WW":
      return other.steps.some((step) => "write" in step && step.over === from);
    case "RW":
      return one.steps.some(
        (read) =>
          "read" in read &&
          other.steps.some(
            (write) => "write" in write && write.write === read.read && write.over === read.from,
          ),
      );
    case "SO":
      return isAnswered && from < to && one.session === other.session;
    case "RT":
      return isAnswered && one.at![1] < other.at![0] && (level === "strict serializable" || updates);
  }
}

/** Number of edges of a smallest cycle that the level does not allow; Infinity if there is none. */
function smallest(lines: readonly Line[], level: Level): number {
  const rule = FORBIDDEN[level]!;
  const edges = allEdges(lines, level).filter(({ kind }) => rule.kinds.includes(kind));
  let best = Number.POSITIVE_INFINITY;
  const walk = (path: Edge[]): void => {
    if (path.length >= best) return;
    const last = path[path.length - 1]!;
    if (last.to === path[0]!.from) {
      if (!rule.allows(path.map(({ kind }) => kind))) best = path.length;
      return;
    }
    for (const edge of edges) {
      if (edge.from === last.to && !path.some(({ from }) => from === edge.from)) walk([...path, edge]);
    }
  };
  for (const edge of edges) walk([edge]);
  return best;
}

function checkCycle(lines: readonly Line[], { edges, level, sentences, transactions }: Violation): void {
  expect(edges.length).toBeGreaterThanOrEqual(2);
  expect(sentences).toHaveLength(edges.length);
  edges.forEach((edge, index) => {
    expect(edge.to).toBe(edges[(index + 1) % edges.length]!.from);
    expect(isEdge(lines, level, edge)).toBe(true);
    expect(sentences[index]).toContain(`T${edge.from}`);
    expect(sentences[index]).toContain(`T${edge.to}`);
  });
  expect(transactions).toEqual(edges.map(({ from }) => from));
  const rule = FORBIDDEN[level]!;
  const kinds = edges.map(({ kind }) => kind);
  expect(kinds.every((kind) => rule.kinds.includes(kind))).toBe(true);
  expect(rule.allows(kinds)).toBe(false);
}

describe("evidence", () => {
  it("is a cycle of edges that are there, that the level does not allow, and a smallest one", () => {
    let cycles = 0;
    fc.assert(
      fc.property(smallHistories, (lines) => {
        const { levels, violations } = checkIsolation(handMade(lines), false);
        if (violations.some(({ anomaly, edges }) => anomaly === "lost update" && edges.length === 0)) return;
        for (const violation of violations) {
          const { level } = violation;
          if (level === "update atomic" || violation.edges.length === 0) continue;
          if (levels["read committed"] === "violated" && level !== "read committed") continue;
          checkCycle(lines, violation);
          expect(violation.edges.length).toBe(smallest(lines, level));
          cycles += 1;
        }
      }),
      { numRuns: 2_000 },
    );
    expect(cycles).toBeGreaterThan(500);
  });

  /** Two sessions, in each an update, then something else, and then a read that misses the other's update. */
  function crossedSessions(between: number): Line[] {
    const filler: Line[] = Array.from({ length: between }, () => ({
      steps: [{ read: "z", from: "initial" }],
    }));
    const session = (number: number, own: string, other: string): Line[] =>
      [
        { steps: [{ write: own, over: "initial" }] } satisfies Line,
        ...filler,
        { steps: [{ read: other, from: "initial" }] } satisfies Line,
      ].map((line) => ({ ...line, session: number }));
    return [...session(1, "x", "y"), ...session(2, "y", "x")];
  }

  it("prefers two long stretches of sessions to a cycle of five edges", () => {
    const lines = crossedSessions(2);
    const at = lines.length;
    const chain: Line[] = [
      { steps: [{ write: "a", over: "initial" }] },
      {
        steps: [
          { read: "a", from: at },
          { write: "b", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "b", from: at + 1 },
          { write: "c", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "c", from: at + 2 },
          { write: "d", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "d", from: at + 3 },
          { read: "a", from: "initial" },
        ],
      },
    ];
    const { violations } = checkIsolation(handMade([...lines, ...chain]), false);
    const violation = violations.find(({ level }) => level === "strong session SI");
    expect(violation?.edges.map(({ kind }) => kind).sort()).toEqual(["RW", "RW", "SO", "SO"]);
    expect(violation?.anomaly).toBe("long fork");
  });

  it("prefers a long stretch of a session to a longer cycle of PSI too", () => {
    const filler: Line = { session: 1, steps: [{ read: "z", from: "initial" }] };
    const lines: Line[] = [
      { session: 1, steps: [{ write: "x", over: "initial" }] },
      filler,
      filler,
      { session: 1, steps: [{ write: "y", over: "initial" }] },
      {
        steps: [
          { read: "y", from: 3 },
          { read: "x", from: "initial" },
        ],
      },
      { steps: [{ write: "a", over: "initial" }] },
      {
        steps: [
          { read: "a", from: 5 },
          { write: "b", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "b", from: 6 },
          { write: "c", over: "initial" },
        ],
      },
      {
        steps: [
          { read: "c", from: 7 },
          { read: "a", from: "initial" },
        ],
      },
    ];
    const { violations } = checkIsolation(handMade(lines), false);
    const violation = violations.find(({ level }) => level === "PSI");
    expect(violation?.transactions.map(Number).sort()).toEqual([0, 3, 4]);
  });

  it("tells a stretch of a session as one edge, however long", () => {
    const { violations } = checkIsolation(handMade(crossedSessions(200)), false);
    const violation = violations.find(({ level }) => level === "strong session SI");
    expect(violation?.transactions.map(Number).sort((one, other) => one - other)).toEqual([0, 201, 202, 403]);
  });
});
