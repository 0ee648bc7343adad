import { describe, expect, it } from "vitest";
import type { DatabaseReply, StatementResult } from "../../protocol/database.ts";
import { ProtocolViolation } from "../../protocol/violation.ts";
import { createLab, finish, finishAll, flush, type Lab, labelOf, play, tell, tidy } from "./lab.ts";
import { dumpTable } from "./server.ts";

function manual(): Lab {
  const lab = createLab();
  lab.automatic = false;
  return lab;
}

function prepare(lab: Lab, session: number, gid: number, key: number, add = 1): void {
  play(lab, `${session} begin rc\n${session} update a ${key} v+=${add}\n${session} prepare ${gid}`);
}

function read(lab: Lab, key: number): StatementResult {
  tell(lab, { type: "begin", session: 99, isolation: "read committed" });
  const statement = { type: "select", table: "a", keys: [key] } as const;
  const [reply] = tell(lab, { type: "execute", session: 99, statement, snapshot: 0 });
  tell(lab, { type: "commit", session: 99 });
  return (reply as Extract<DatabaseReply, { type: "executed" }>).result;
}

function columnV(lab: Lab, key: number): unknown {
  return read(lab, key).rows[0]?.[1];
}

function typesOf(replies: readonly DatabaseReply[]): string[] {
  return replies.map((reply) => reply.type);
}

describe("PREPARE TRANSACTION", () => {
  it("is answered and told to the observer only when its record is durable, one flush for all that wait", () => {
    const lab = manual();
    prepare(lab, 1, 7, 1);
    prepare(lab, 2, 8, 2);
    expect(lab.flushRequests).toBe(2);
    expect(typesOf(lab.replies)).not.toContain("prepared");
    expect(lab.facts).toEqual([]);
    flush(lab);
    expect(lab.replies.slice(-2)).toEqual([
      { type: "prepared", gid: 7 },
      { type: "prepared", gid: 8 },
    ]);
    expect(lab.facts).toMatchObject([
      { fact: "prepared", label: { gid: 7 }, rows: [{ kind: "update", key: 1, row: [1, 11, 100], base: 0 }] },
      { fact: "prepared", label: { gid: 8 } },
    ]);
  });

  it("is not answered by a flush that does not reach its record", () => {
    const lab = manual();
    prepare(lab, 1, 7, 1);
    const { written } = lab.server.wal;
    prepare(lab, 2, 8, 2);
    lab.server.wal.written = written;
    flush(lab);
    expect(lab.replies.filter((reply) => reply.type === "prepared")).toEqual([{ type: "prepared", gid: 7 }]);
  });

  it("frees the session at once and keeps the locks", () => {
    const lab = manual();
    prepare(lab, 1, 7, 1);
    expect(play(lab, "1 begin rc\n1 update a 1 v=0")).toBe(
      tidy("1 begin rc => begun\n1 update a 1 v=0 => waits"),
    );
  });

  it("refuses a gid that is in use until its transaction is gone", () => {
    const lab = manual();
    prepare(lab, 1, 7, 1);
    flush(lab);
    tell(lab, { type: "commitPrepared", gid: 7, csn: 70 });
    flush(lab);
    prepare(lab, 2, 7, 2);
    expect(lab.replies.at(-1)).toMatchObject({ type: "failed", session: 2, error: { code: "42710" } });
    finishAll(lab);
    prepare(lab, 2, 7, 2);
    flush(lab);
    expect(lab.replies.at(-1)).toEqual({ type: "prepared", gid: 7 });
  });
});

describe("COMMIT PREPARED", () => {
  it("is visible, and lets go of its locks, neither when carried out nor when durable, but when it is finished", () => {
    const lab = manual();
    prepare(lab, 1, 7, 1);
    flush(lab);
    play(lab, "2 begin rc\n2 update a 1 v+=1");
    tell(lab, { type: "commitPrepared", gid: 7, csn: 70 });
    expect(columnV(lab, 1)).toBe(10);
    flush(lab);
    expect(columnV(lab, 1)).toBe(10);
    expect(lab.finishing).toEqual([{ gid: 7, session: 1 }]);
    const before = lab.replies.length;
    finish(lab, 0);
    expect(lab.replies.slice(before)).toMatchObject([
      { type: "committedPrepared", gid: 7 },
      { type: "executed", session: 2, result: { count: 1, replaced: 7 } },
    ]);
    expect(columnV(lab, 1)).toBe(11);
    expect(lab.facts.at(-1)).toEqual({ fact: "committed", gid: 7, csn: 70 });
  });

  it("becomes visible in the order of finishing, which need not be that of the WAL (theory 7.2)", () => {
    const lab = manual();
    prepare(lab, 1, 7, 1);
    prepare(lab, 2, 8, 2);
    flush(lab);
    tell(lab, { type: "commitPrepared", gid: 7, csn: 70 });
    tell(lab, { type: "commitPrepared", gid: 8, csn: 80 });
    flush(lab);
    finish(lab, 1);
    expect([columnV(lab, 1), columnV(lab, 2)]).toEqual([10, 21]);
    expect(read(lab, 1).snapshot).toEqual({ csn: 80, count: 1 });
    finish(lab, 0);
    expect([columnV(lab, 1), columnV(lab, 2)]).toEqual([11, 21]);
    expect(read(lab, 1).snapshot).toEqual({ csn: 80, count: 2 });
  });

  it("of a gid that is not prepared, not durably prepared or already being finished is a bug of the caller", () => {
    const lab = manual();
    expect(() => tell(lab, { type: "commitPrepared", gid: 7, csn: 1 })).toThrow(ProtocolViolation);
    prepare(lab, 1, 7, 1);
    expect(() => tell(lab, { type: "rollbackPrepared", gid: 7 })).toThrow(ProtocolViolation);
    flush(lab);
    tell(lab, { type: "commitPrepared", gid: 7, csn: 70 });
    expect(() => tell(lab, { type: "commitPrepared", gid: 7, csn: 70 })).toThrow(ProtocolViolation);
    expect(() => tell(lab, { type: "rollbackPrepared", gid: 7 })).toThrow(ProtocolViolation);
  });
});

describe("ROLLBACK PREPARED", () => {
  it("takes effect, and is answered, when its record is durable", () => {
    const lab = manual();
    prepare(lab, 1, 7, 1);
    flush(lab);
    play(lab, "2 begin rr\n2 update a 1 v+=1");
    tell(lab, { type: "rollbackPrepared", gid: 7 });
    const before = lab.replies.length;
    flush(lab);
    expect(lab.replies.slice(before)).toMatchObject([
      { type: "rolledBackPrepared", gid: 7 },
      { type: "executed", session: 2, result: { count: 1, replaced: 0 } },
    ]);
    expect(lab.facts.at(-1)).toEqual({ fact: "rolledBack", gid: 7 });
    expect(lab.finishing).toEqual([]);
  });
});

describe("COMMIT", () => {
  it("of a transaction that wrote nothing leaves no record and waits for nothing", () => {
    const lab = manual();
    const log = `
      1 begin rr => begun
      1 select a all => [1 10 100] [2 20 200] [3 30 300]
      1 update a 77 v=1 => 0
      1 commit => committed`;
    expect(play(lab, log)).toBe(tidy(log));
    expect(lab.server.wal).toEqual({ written: 0, flushed: 0 });
    expect(lab.flushRequests).toBe(0);
  });

  it("of one that wrote is flushed, then finished, then visible; it counts as no replicated commit", () => {
    const lab = manual();
    play(lab, "1 begin rc\n1 update a 1 v=77\n1 commit");
    expect(columnV(lab, 1)).toBe(10);
    flush(lab);
    expect(columnV(lab, 1)).toBe(10);
    expect(lab.finishing).toEqual([{ gid: 0, session: 1 }]);
    finish(lab, 0);
    expect(read(lab, 1)).toMatchObject({ versions: [0], snapshot: { csn: 0, count: 0 } });
    expect(columnV(lab, 1)).toBe(77);
    expect(lab.replies).toContainEqual({ type: "committed", session: 1 });
    expect(lab.facts).toEqual([]);
  });

  it("goes on when the session is ended meanwhile, and only the session's end is answered", () => {
    const lab = manual();
    play(lab, "1 begin rc\n1 update a 1 v=77\n1 commit\n1 rollback");
    flush(lab);
    finishAll(lab);
    expect(typesOf(lab.replies)).toEqual(["begun", "executed", "rolledBack"]);
    expect(columnV(lab, 1)).toBe(77);
  });
});

describe("results", () => {
  it("say who wrote what was read and replaced, and whether the transaction has an xid", () => {
    const lab = createLab();
    prepare(lab, 1, 7, 1);
    tell(lab, { type: "commitPrepared", gid: 7, csn: 70 });
    const results: unknown[] = [];
    const log = [
      "1 begin rr",
      "1 select a 1 2",
      "1 update a 1 v+=1",
      "1 select a 1 2",
      "1 update a 1 v+=1",
      "1 delete a 3",
    ];
    for (const line of log) {
      play(lab, line);
      const reply = lab.replies.at(-1)!;
      if (reply.type !== "executed") continue;
      results.push([reply.result.versions, reply.result.replaced, reply.wrote]);
    }
    // -1 is the transaction itself, which has no gid yet.
    expect(results).toEqual([
      [[7, 0], 0, false],
      [[], 7, true],
      [[-1, 0], 0, true],
      [[], -1, true],
      [[], 0, true],
    ]);
  });

  it("of an update that waited for a row that was then deleted: none changed, but it has an xid (15, 18)", () => {
    const lab = createLab();
    play(
      lab,
      "1 begin rc\n1 delete a 1\n1 delete a 2\n2 begin rc\n2 update a 1 v=0\n3 begin rc\n3 select a 2 for update",
    );
    play(lab, "1 commit");
    expect(lab.replies.slice(-2)).toMatchObject([
      { session: 2, result: { count: 0, replaced: 0 }, wrote: true },
      { session: 3, result: { count: 0 }, wrote: false },
    ]);
  });

  it("carry the label of the snapshot: REPEATABLE READ the first statement's, READ COMMITTED each one's own", () => {
    const lab = createLab();
    const labels: unknown[] = [];
    const look = (line: string): void => {
      play(lab, line);
      const reply = lab.replies.at(-1)!;
      if (reply.type === "executed") labels.push(reply.result.snapshot);
    };
    play(lab, "3 begin rr\n4 begin rc");
    for (const [gid, csn] of [
      [7, 70],
      [8, 60],
    ] as const) {
      look("3 select a 1");
      look("4 select a 1");
      prepare(lab, 1, gid, gid - 6);
      tell(lab, { type: "commitPrepared", gid, csn });
    }
    look("3 select a 1");
    look("4 select a 1");
    expect(labels).toEqual([
      { csn: 0, count: 0 },
      { csn: 0, count: 0 },
      { csn: 0, count: 0 },
      { csn: 70, count: 1 },
      { csn: 0, count: 0 },
      { csn: 70, count: 2 },
    ]);
  });
});

describe("the port's contract", () => {
  it("a session cannot be used twice at once, nor without BEGIN", () => {
    const lab = createLab();
    play(lab, "1 begin rc\n1 update a 1 v=1\n2 begin rc\n2 update a 1 v=1");
    const statement = { type: "select", table: "a", keys: "all" } as const;
    expect(() => tell(lab, { type: "execute", session: 2, statement, snapshot: 0 })).toThrow(
      ProtocolViolation,
    );
    expect(() => tell(lab, { type: "begin", session: 1, isolation: "read committed" })).toThrow(
      ProtocolViolation,
    );
    expect(() => tell(lab, { type: "prepare", session: 5, label: labelOf(9) })).toThrow(ProtocolViolation);
    expect(() => tell(lab, { type: "execute", session: 1, statement, snapshot: 5 })).toThrow(
      ProtocolViolation,
    );
  });

  it("ROLLBACK works always: waiting, failed, and without a transaction", () => {
    const log = `
      1 begin rc => begun
      1 update a 1 v=1 => 1
      2 begin rc => begun
      2 update a 2 v=2 => 1
      3 begin rc => begun
      3 update a 2 v=3 => waits
      2 update a 1 v=2 => waits
      2 rollback => rolledBack; 3: 1
      2 rollback => rolledBack
      1 insert a 1 0 0 => 23505 duplicate key value violates unique constraint "a_pkey"
      1 rollback => rolledBack
      3 rollback => rolledBack`;
    const lab = createLab();
    expect(play(lab, log)).toBe(tidy(log));
    expect(dumpTable(lab.server, "a").map(({ row }) => row[1])).toEqual([10, 20, 30]);
  });
});
