import { describe, expect, it } from "vitest";
import { checkIsolation } from "./check-isolation.ts";
import { gidOfLine, handMade, handMadeHistory, type Line, REGISTERS } from "./hand-made.ts";
import { showItem } from "./items.ts";
import { committedTransactions } from "./transactions.ts";
import {
  ABSENT,
  INITIAL,
  NEWEST_UNIT,
  SNAPSHOT_UNIT,
  STATEMENT_UNIT,
  UNRECORDED_UNIT,
  WRITES_UNIT,
} from "./units.ts";

const LINES: Line[] = [
  {
    session: 7,
    node: 2,
    at: [5, 9],
    csn: 100,
    label: 90,
    count: 3,
    steps: [
      { write: "b", over: "initial" },
      { write: "a", over: "initial" },
    ],
  },
  {
    session: 8,
    at: [6, 20],
    label: 100,
    steps: [
      { read: "a", from: 0 },
      { read: "b", from: "initial" },
      { read: "c", from: "absent" },
    ],
  },
  { outcome: "aborted", steps: [{ write: "a", over: 0 }] },
  { outcome: "unknown", steps: [{ read: "a", from: 0 }] },
  { outcome: "open", steps: [{ read: "a", from: 0 }] },
];

describe("committed transactions", () => {
  it("are those that the servers committed, and readers that were told so", () => {
    const units = handMade(LINES);
    expect(units.transactions).toBe(2);
    expect(Array.from(units.record)).toEqual([0, 1]);
    expect(Array.from(units.kind)).toEqual([SNAPSHOT_UNIT, SNAPSHOT_UNIT]);
    expect(Array.from(units.gid)).toEqual([gidOfLine(LINES, 0), 0]);
    expect(Array.from(units.csn)).toEqual([100, 0]);
    expect(Array.from(units.session)).toEqual([0, 1]);
    expect(Array.from(units.beganAt)).toEqual([5, 6]);
    expect(Array.from(units.endedAt)).toEqual([9, 20]);
    expect(Array.from(units.labelCsn)).toEqual([90, 100]);
    expect(Array.from(units.labelCount)).toEqual([3, 0]);
  });

  it("have reads by item and writer, and writes in order of item", () => {
    const units = handMade(LINES);
    const items = (column: Int32Array) => Array.from(column, (item) => showItem(units.items, item));
    expect(items(units.readItem)).toEqual(["r/a", "r/b", "r/c"]);
    expect(Array.from(units.readWriter)).toEqual([0, INITIAL, ABSENT]);
    expect(items(units.writeItem)).toEqual(["r/b", "r/a"]);
    expect(Array.from(units.writeReplaced)).toEqual([INITIAL, INITIAL]);
    expect(Array.from(units.readStart)).toEqual([0, 0, 3]);
    expect(Array.from(units.writeStart)).toEqual([0, 2, 2]);
  });

  it("end at no time that is known, if their answer was lost", () => {
    const units = handMade([
      { outcome: "unknown", committed: true, steps: [{ write: "a", over: "initial" }] },
    ]);
    expect(units.endedAt[0]).toBe(Number.POSITIVE_INFINITY);
  });

  it("are split by statement under READ COMMITTED", () => {
    const units = handMade([
      {
        isolation: "read committed",
        at: [100, 200],
        steps: [
          { read: "a", from: "initial" },
          { write: "b", over: "initial" },
          { read: "b", from: "own" },
          { read: "c", from: "initial", lock: true },
          { write: "c", over: "initial" },
        ],
      },
    ]);
    expect(Array.from(units.kind)).toEqual([STATEMENT_UNIT, NEWEST_UNIT, WRITES_UNIT]);
    expect(Array.from(units.statement)).toEqual([0, 3, -1]);
    expect(Array.from(units.beganAt)).toEqual([100, 100.03, 100.01]);
    expect(units.endedAt[2]).toBe(200);
    expect(Array.from(units.gid)).toEqual([0, 0, units.gid[2]]);
    expect(units.transactions).toBe(1);
  });

  it("include writers that the history does not know, as far as others saw them", () => {
    const gid = 5 * 32 + 3;
    const units = handMade(
      [
        {
          steps: [
            { read: "a", from: { gid } },
            { read: "b", from: { gid } },
          ],
        },
      ],
      [
        [gid, 50],
        [gid + 32, 60],
      ],
    );
    expect(units.unrecorded).toBe(2);
    expect(Array.from(units.kind)).toEqual([SNAPSHOT_UNIT, UNRECORDED_UNIT]);
    expect(Array.from(units.readWriter)).toEqual([1, 1]);
    expect(units.writeItem).toHaveLength(2);
    expect(units.csn[1]).toBe(50);
  });

  it("know commits in order of (CSN, gid)", () => {
    const { commits } = handMade([
      { csn: 30, steps: [{ write: "a", over: "initial" }] },
      { csn: 20, node: 2, steps: [{ write: "b", over: "initial" }] },
      { csn: 20, node: 1, steps: [{ write: "c", over: "initial" }] },
    ]);
    expect(Array.from(commits.csn)).toEqual([20, 20, 30]);
    expect(commits.gid[0]).toBeLessThan(commits.gid[1]!);
  });

  it("keep a large write set in order of item", () => {
    const steps = Array.from(
      { length: 100 },
      (_, index) => ({ write: `k${(index * 37) % 100}`, over: "initial" }) as const,
    );
    const reads = steps.map((_, index) => ({ read: `k${index}`, from: 0 }) as const);
    const units = handMade([
      { steps: reads.slice(0, 1).map(() => ({ read: "k99", from: "initial" })) },
      { steps },
      { steps: reads.map(({ read }) => ({ read, from: 1 })) },
    ]);
    expect(Array.from(units.writeItem)).toEqual([...units.writeItem].sort((one, other) => one - other));
    expect(checkIsolation(units, false).strongest).toBe("strict serializable");
  });

  it("are refused if the history contradicts itself", () => {
    const { history, committed } = handMadeHistory(LINES);
    const [first] = history.transactions;
    expect(() => committedTransactions(history, [], committed)).toThrow(
      "names table r, which is not declared",
    );
    const twice = { transactions: [...history.transactions, { ...first!, id: 9 }] };
    expect(() => committedTransactions(twice, [REGISTERS], committed)).toThrow(
      "transaction 9 has the gid 2:1",
    );
    const nameless = { transactions: [{ ...first!, gid: 0 }] };
    expect(() => committedTransactions(nameless, [REGISTERS], new Map())).toThrow(
      "committed changes without a gid",
    );
  });

  it("are plain data: a clone is checked alike", () => {
    const units = handMade(LINES);
    expect(checkIsolation(structuredClone(units), true)).toEqual(checkIsolation(units, true));
  });

  it("leave the history as it was", () => {
    const { history, committed } = handMadeHistory(LINES);
    const before = structuredClone(history);
    checkIsolation(committedTransactions(history, [REGISTERS], committed), true);
    expect(history).toEqual(before);
  });
});
