import { describe, expect, test } from "vitest";
import type { TransactionRecord } from "../protocol/records.ts";
import { beginSync, endSync } from "./disk.ts";
import { crashLog, createLog, type Log, recordsOf, settleLog, writeLog } from "./log.ts";

function refusal(gid: number): TransactionRecord {
  return { kind: "refused", gid, generation: 1, members: 7, configured: 7 };
}

function sync(log: Log): void {
  beginSync(log.file);
  endSync(log.file);
  settleLog(log, null);
}

describe("a node's log", () => {
  test("holds nothing durable before an fsync, and everything written before it after it", () => {
    const log = createLog();
    writeLog(log, refusal(33));
    expect(recordsOf(log)).toEqual([]);
    beginSync(log.file);
    writeLog(log, refusal(65));
    endSync(log.file);
    settleLog(log, null);
    expect(recordsOf(log)).toEqual([refusal(33)]);
  });

  test("keeps the last record of each name", () => {
    const log = createLog();
    writeLog(log, { kind: "clock", highWater: 5 });
    writeLog(log, { kind: "clock", highWater: 9 });
    writeLog(log, { kind: "finished", coordinator: 2, below: 34 });
    writeLog(log, { kind: "decision", gid: 33, generation: 1, members: 7, configured: 7, csn: 4 });
    writeLog(log, refusal(33));
    sync(log);
    expect(recordsOf(log)).toEqual([
      { kind: "clock", highWater: 9 },
      { kind: "finished", coordinator: 2, below: 34 },
      refusal(33),
    ]);
  });

  test("forgets the transactions of one coordinator below a gid, and no others", () => {
    const log = createLog();
    for (const gid of [33, 34, 65, 66]) writeLog(log, refusal(gid));
    writeLog(log, { kind: "forgetting", coordinator: 1, below: 65 });
    sync(log);
    expect(recordsOf(log)).toEqual([refusal(34), refusal(65), refusal(66)]);
  });

  test("after a crash has a prefix of what was written, and tells of the records in it", () => {
    for (const [keep, kept] of [
      [0, 1],
      [0.5, 2],
      [1, 3],
    ] as const) {
      const log = createLog();
      writeLog(log, refusal(33));
      sync(log);
      writeLog(log, refusal(65));
      writeLog(log, refusal(97));
      const told: unknown[] = [];
      crashLog(log, keep, (record) => told.push(record));
      expect(recordsOf(log)).toEqual([33, 65, 97].slice(0, kept).map(refusal));
      expect(told).toHaveLength(kept - 1);
    }
  });
});
