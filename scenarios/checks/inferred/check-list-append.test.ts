/** Each anomaly in the smallest form it is known in, by its name and the level that it leaves. */
import { describe, expect, test } from "vitest";
import type { Level } from "../../levels.ts";
import { checkListAppend } from "./check-list-append.ts";
import { handMadeLists } from "./hand-made-lists.ts";

interface Case {
  readonly name: string;
  readonly lines: readonly string[];
  readonly strongest: Level;
  /** Of the weakest level that is violated. */
  readonly broken: Level;
  readonly anomaly: string;
  readonly class: string;
}

const CASES: readonly Case[] = [
  {
    name: "G0: two transactions' appends in opposite orders",
    lines: ["0 x+1 y+1", "1 x+2 y+2", "2 x=1,2 y=2,1"],
    strongest: "none",
    broken: "read committed",
    anomaly: "write cycle",
    class: "G0",
  },
  {
    name: "G0: another's append between two of one transaction",
    lines: ["0 x+1 x+3", "1 x+2", "2 x=1,2,3"],
    strongest: "none",
    broken: "read committed",
    anomaly: "write cycle",
    class: "G0",
  },
  {
    name: "G1a: an element of a failed transaction",
    lines: ["0 x+1 fail", "1 x=1"],
    strongest: "none",
    broken: "read committed",
    anomaly: "aborted read",
    class: "G1a",
  },
  {
    name: "G1b: a list between two appends of one transaction",
    lines: ["0 x+1 x+2", "1 x=1", "2 x=1,2"],
    strongest: "none",
    broken: "read committed",
    anomaly: "intermediate read",
    class: "G1b",
  },
  {
    name: "G1c: two transactions that saw each other's appends",
    lines: ["0 x+1 y=1", "1 y+1 x=1"],
    strongest: "none",
    broken: "read committed",
    anomaly: "circular information flow",
    class: "G1c",
  },
  {
    name: "lists of which neither begins the other",
    lines: ["0 x+1", "1 x+2", "2 x=1", "3 x=2"],
    strongest: "none",
    broken: "read committed",
    anomaly: "incompatible order",
    class: "incompatible-order",
  },
  {
    name: "an element twice",
    lines: ["0 x+1", "1 x=1,1"],
    strongest: "none",
    broken: "read committed",
    anomaly: "duplicate elements",
    class: "duplicate-elements",
  },
  {
    name: "an element that nobody appended",
    lines: ["0 x+1", "1 x=1,2"],
    strongest: "none",
    broken: "read committed",
    anomaly: "garbage read",
    class: "garbage-read",
  },
  {
    name: "internal: a transaction does not see its own append",
    lines: ["0 x+1 x=", "1 y="],
    strongest: "read committed",
    broken: "update atomic",
    anomaly: "internal inconsistency",
    class: "internal",
  },
  {
    name: "internal: two reads of one key that differ",
    lines: ["0 x+1", "1 x= x=1"],
    strongest: "read committed",
    broken: "update atomic",
    anomaly: "internal inconsistency",
    class: "internal",
  },
  {
    name: "internal: a transaction reads what it only then appends",
    lines: ["0 x=1 x+1", "1 y="],
    strongest: "read committed",
    broken: "update atomic",
    anomaly: "internal inconsistency",
    class: "internal",
  },
  {
    name: "G-single: lost update, with the order of the two known",
    lines: ["0 x= x+1", "1 x= x+2", "2 x=1,2"],
    strongest: "read committed",
    broken: "update atomic",
    anomaly: "lost update",
    class: "G-single",
  },
  {
    name: "lost update, though nobody has read either",
    lines: ["0 x= x+1", "1 x= x+2"],
    strongest: "read committed",
    broken: "update atomic",
    anomaly: "lost update",
    class: "lost-update",
  },
  {
    name: "G-single: read skew, half of a transaction seen",
    lines: ["0 x+1 y+1", "1 x=1 y="],
    strongest: "read committed",
    broken: "update atomic",
    anomaly: "fractured read",
    class: "G-single",
  },
  {
    name: "G-single: an effect seen without its cause",
    lines: ["0 x+1", "1 x=1 y+1", "2 y=1 x="],
    strongest: "update atomic",
    broken: "PSI",
    anomaly: "causality violation",
    class: "G-single",
  },
  {
    name: "G-nonadjacent: long fork",
    lines: ["0 x+1", "1 y+1", "2 x=1 y=", "3 x= y=1"],
    strongest: "PSI",
    broken: "GSI",
    anomaly: "long fork",
    class: "G-nonadjacent",
  },
  {
    name: "G2-item: write skew",
    lines: ["0 x= y+1", "1 y= x+1", "2 x=1 y=1"],
    strongest: "strong SI",
    broken: "serializable",
    anomaly: "write skew",
    class: "G2-item",
  },
  {
    name: "G2-item: the read-only transaction anomaly of Fekete, O'Neil and O'Neil",
    lines: ["0 x= y= x+1", "1 y= y+1", "2 y=1 x=", "3 x=1 y=1"],
    strongest: "strong SI",
    broken: "serializable",
    anomaly: "read-only transaction anomaly",
    class: "G2-item",
  },
  {
    name: "G-single-process: a session does not see its own earlier append",
    lines: ["0 0-1 x+1", "0 2-3 x=", "1 4-5 x=1"],
    strongest: "serializable",
    broken: "PSI",
    anomaly: "stale read (session)",
    class: "G-single-process",
  },
  {
    name: "G-single-process: reads of a session go back",
    lines: ["0 0-9 x+1", "1 1-2 x=1", "1 3-4 x="],
    strongest: "serializable",
    broken: "PSI",
    anomaly: "causality violation",
    class: "G-single-process",
  },
  {
    name: "G0-process: appends of a session in the opposite order",
    lines: ["0 0-1 x+1", "0 2-3 x+2", "1 4-5 x=2,1"],
    strongest: "serializable",
    broken: "PSI",
    anomaly: "future read (session)",
    class: "G0-process",
  },
  {
    name: "G1c-process: a session reads what it appends only later",
    lines: ["0 0-1 x=1", "0 2-3 x+1"],
    strongest: "serializable",
    broken: "PSI",
    anomaly: "future read (session)",
    class: "G1c-process",
  },
  {
    name: "G-nonadjacent-process: a long fork between two sessions",
    lines: ["0 0-1 x+1", "0 2-9 y=", "1 0-1 y+1", "1 2-9 x=", "2 10-11 x=1 y=1"],
    strongest: "serializable",
    broken: "strong session SI",
    anomaly: "long fork",
    class: "G-nonadjacent-process",
  },
  {
    name: "G-single-realtime: another's acknowledged append is not seen",
    lines: ["0 0-1 x+1", "1 2-3 x="],
    strongest: "serializable",
    broken: "strong SI",
    anomaly: "stale read (real time)",
    class: "G-single-realtime",
  },
  {
    name: "G-single-realtime: causal reverse",
    lines: ["0 0-1 x+1", "1 2-3 y+1", "2 0-9 y=1 x="],
    strongest: "serializable",
    broken: "strong SI",
    anomaly: "causal reverse",
    class: "G-single-realtime",
  },
  {
    name: "G0-realtime: appends in the opposite order of real time",
    lines: ["0 0-1 x+1", "1 2-3 x+2", "2 4-5 x=2,1"],
    strongest: "serializable",
    broken: "strong SI",
    anomaly: "future read (real time)",
    class: "G0-realtime",
  },
  {
    name: "G1c-realtime: a read of what is appended only later",
    lines: ["0 0-1 x=1", "1 2-3 x+1"],
    strongest: "serializable",
    broken: "strict serializable",
    anomaly: "future read (real time)",
    class: "G1c-realtime",
  },
];

describe.each(CASES)("$name", ({ lines, ...expected }) => {
  const report = checkListAppend(handMadeLists(...lines));
  const weakest = report.violations[report.violations.length - 1];

  test(`leaves ${expected.strongest}`, () => {
    expect({
      strongest: report.strongest,
      broken: weakest?.level,
      anomaly: weakest?.anomaly,
      class: weakest?.class,
    }).toEqual({
      strongest: expected.strongest,
      broken: expected.broken,
      anomaly: expected.anomaly,
      class: expected.class,
    });
  });

  test("has a sentence for each edge, and each edge begins where the one before it ends", () => {
    const { edges, sentences } = weakest!;
    if (edges.length === 0) expect(sentences.length).toBeGreaterThan(0);
    else expect(sentences).toHaveLength(edges.length);
    edges.forEach((edge, place) => {
      expect(edge.to).toBe(edges[(place + 1) % edges.length]!.from);
    });
  });
});

describe("what is allowed:", () => {
  test("a serial history is strict serializable", () => {
    const report = checkListAppend(handMadeLists("0 0-1 x+1 y+1", "1 2-3 x=1 x+2", "0 4-5 x=1,2 y=1"));
    expect(report.strongest).toBe("strict serializable");
    expect(report.violations).toEqual([]);
  });

  test("a transaction sees its own appends behind those of others", () => {
    const report = checkListAppend(
      handMadeLists("0 0-1 x+1", "1 2-3 x+2 x=1,2 x+3 x=1,2,3", "0 4-5 x=1,2,3"),
    );
    expect(report.strongest).toBe("strict serializable");
  });

  test("of an unknown outcome, what was read committed and what was not read need not have", () => {
    const report = checkListAppend(
      handMadeLists("0 0-1 x+1 info", "1 2-3 x=1", "2 4-5 x+2 info", "1 6-7 x=1"),
    );
    expect(report.strongest).toBe("strict serializable");
    expect(report.committedUnknown).toBe(1);
  });

  test("an unknown outcome may come true at any later time", () => {
    const report = checkListAppend(handMadeLists("0 0-1 x+1 info", "1 2-3 x=", "1 4-5 x=1"));
    expect(report.strongest).toBe("strict serializable");
  });

  test("appends that nobody read may be in any order, so they contradict nothing", () => {
    const report = checkListAppend(handMadeLists("0 x+1 y+1", "1 y+2 x+2", "2 x= y="));
    expect(report.strongest).toBe("strict serializable");
  });

  test("all that nobody read comes after what was read: write skew beside other unread appends", () => {
    const report = checkListAppend(handMadeLists("0 x+8", "1 y+9", "2 x= y+1", "3 y= x+1"));
    expect(report.levels.serializable).toBe("violated");
    expect(report.violations[report.violations.length - 1]).toMatchObject({ class: "G2-item" });
    expect(report.levels.GSI).not.toBe("violated");
  });

  test("the order of unread appends may be undecidable, and then the level is unknown", () => {
    const report = checkListAppend(handMadeLists("0 0-5 x= y+1 z+1", "1 1-4 y= x+1 z+2", "2 6-7 x=1 y=1"));
    expect(report.levels.serializable).toBe("violated");
    expect(report.levels.GSI).toBe("unknown");
    expect(report.strongest).toBe("read committed");
  });

  test("without a read or without a write nothing is exercised", () => {
    expect(checkListAppend(handMadeLists("0 x=")).levels["read committed"]).toBe("not exercised");
    expect(checkListAppend(handMadeLists("0 x+1")).levels["read committed"]).toBe("not exercised");
  });
});

test("an element that is appended twice to one key makes a history unfit", () => {
  expect(() => checkListAppend(handMadeLists("0 x+1", "1 y+1 x+1"))).toThrow(
    expect.objectContaining({ name: "HistoryFault", transaction: 1, step: 1 }),
  );
});
