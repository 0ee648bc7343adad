/** What may and what may not be said of registers, whose order of versions is known in part only. */
import { describe, expect, test } from "vitest";
import type { Level } from "../../levels.ts";
import { checkRegisters } from "./check-registers.ts";
import { handMadeRegisters } from "./hand-made-lists.ts";

const CASES: readonly { name: string; lines: string[]; strongest: Level; broken: Level; class: string }[] = [
  {
    name: "G1a: a value of a failed transaction",
    lines: ["0 x:1 fail", "1 x?1"],
    strongest: "none",
    broken: "read committed",
    class: "G1a",
  },
  {
    name: "G1b: a value that its writer replaced",
    lines: ["0 x:1 x:2", "1 x?1"],
    strongest: "none",
    broken: "read committed",
    class: "G1b",
  },
  {
    name: "a value that nobody wrote",
    lines: ["0 x:1", "1 x?2"],
    strongest: "none",
    broken: "read committed",
    class: "garbage-read",
  },
  {
    name: "G1c: two that read from each other",
    lines: ["0 x:1 y?1", "1 y:1 x?1"],
    strongest: "none",
    broken: "read committed",
    class: "G1c",
  },
  {
    name: "G1c: two that each replaced what the other wrote",
    lines: ["0 x?2 x:1", "1 x?1 x:2"],
    strongest: "none",
    broken: "read committed",
    class: "G1c",
  },
  {
    name: "internal: another value than its own",
    lines: ["0 x:1 x?2", "1 x:2", "2 y?"],
    strongest: "read committed",
    broken: "update atomic",
    class: "internal",
  },
  {
    name: "lost update: two replaced one version",
    lines: ["0 x? x:1", "1 x? x:2"],
    strongest: "read committed",
    broken: "update atomic",
    class: "lost-update",
  },
  {
    name: "G-single: half of a transaction seen",
    lines: ["0 x:1 y:1", "1 x?1 y?"],
    strongest: "read committed",
    broken: "update atomic",
    class: "G-single",
  },
  {
    name: "G-nonadjacent: long fork",
    lines: ["0 x:1", "1 y:1", "2 x?1 y?", "3 x? y?1"],
    strongest: "PSI",
    broken: "GSI",
    class: "G-nonadjacent",
  },
  {
    name: "G2-item: write skew",
    lines: ["0 x? y? y:1", "1 x? y? x:1", "2 x?1 y?1"],
    strongest: "strong SI",
    broken: "serializable",
    class: "G2-item",
  },
  {
    name: "G-single-process: an own earlier write not seen",
    lines: ["0 0-1 x:1", "0 2-3 x?"],
    strongest: "serializable",
    broken: "PSI",
    class: "G-single-process",
  },
  {
    name: "G-single-realtime: an acknowledged write not seen",
    lines: ["0 0-1 x:1", "1 2-3 x?"],
    strongest: "serializable",
    broken: "strong SI",
    class: "G-single-realtime",
  },
];

test.each(CASES)("$name", ({ lines, ...expected }) => {
  const { strongest, violations } = checkRegisters(handMadeRegisters(...lines));
  const weakest = violations[violations.length - 1];
  expect({ strongest, broken: weakest?.level, class: weakest?.class }).toEqual({
    strongest: expected.strongest,
    broken: expected.broken,
    class: expected.class,
  });
});

describe("where the order of versions is not known", () => {
  test("what holds for some order holds", () => {
    const { levels, strongest } = checkRegisters(handMadeRegisters("0 0-1 x:1", "1 2-3 x:2", "2 4-5 x?2"));
    expect(strongest).toBe("strict serializable");
    expect(levels.GSI).toBe("holds");
  });

  test("no order of real time is taken for granted: writes may take effect in the opposite one", () => {
    const report = checkRegisters(handMadeRegisters("0 0-1 x:1", "1 2-3 x:2", "2 4-5 x?1", "3 6-7 x?2"));
    expect(report.violations.map(({ level }) => level)).not.toContain("serializable");
  });

  test("what neither is contradicted nor holds for the likely order is unknown", () => {
    const lines = ["0 0-1 x:1", "1 2-3 x:2", "2 4-5 x?2", "2 6-7 x?1"];
    const { levels } = checkRegisters(handMadeRegisters(...lines));
    expect(levels["strict serializable"]).toBe("unknown");
    expect(levels["read committed"]).toBe("holds");
  });
});

test("a value that is written twice to one key makes a history unfit", () => {
  expect(() => checkRegisters(handMadeRegisters("0 x:1", "1 x:1"))).toThrow(
    expect.objectContaining({ name: "HistoryFault", transaction: 1, step: 0 }),
  );
});
