import { describe, expect, it } from "vitest";
import {
  applySession,
  type Change,
  type DatabaseReply,
  type PreparedChange,
  type RowChange,
  type RowLock,
} from "../../protocol/database.ts";
import { makeGid } from "../../protocol/gid.ts";
import { createLab, type Lab, labelOf, play, settle, tell, tidy } from "./lab.ts";
import { confirmStream, dumpTable, openStream } from "./server.ts";

const GID = makeGid(2, 1);

function apply(
  lab: Lab,
  rows: readonly Change[],
  locks: readonly RowLock[] = [],
  gid = GID,
): DatabaseReply[] {
  const change: PreparedChange = { kind: "prepared", lsn: 1, label: labelOf(gid), rows, locks };
  return tell(lab, { type: "apply", gid, change });
}

function prepareApplied(lab: Lab, gid = GID): DatabaseReply[] {
  return tell(lab, { type: "prepare", session: applySession(gid), label: labelOf(gid) });
}

function updateOf(key: number, v: number, base: number): RowChange {
  return { kind: "update", table: "a", key, row: [key, v, key * 100], base };
}

function failure(replies: readonly DatabaseReply[]): string {
  const [reply] = replies;
  if (reply?.type !== "failed" || replies.length !== 1) throw new Error(JSON.stringify(replies));
  expect(reply.session).toBe(applySession(GID));
  return `${reply.error.code} ${reply.error.message}`;
}

describe("an applied transaction", () => {
  it("is answered when all its rows and locks are taken, holds them, and is committed with the origin's gid", () => {
    const lab = createLab();
    const rows: RowChange[] = [
      updateOf(1, 11, 0),
      { kind: "insert", table: "a", key: 9, row: [9, 0, 900], base: 0 },
      { kind: "delete", table: "a", key: 2, row: null, base: 0 },
    ];
    expect(apply(lab, rows, [{ table: "a", key: 3, mode: "share" }])).toEqual([
      { type: "applied", gid: GID },
    ]);
    const log = `
      1 begin rc => begun
      1 update a 1 v=0 => waits
      2 begin rc => begun
      2 update a 3 v=0 => waits
      3 begin rc => begun
      3 select a 3 for share => [3 30 300]
      3 commit => committed
      3 begin rc => begun
      3 insert a 9 1 1 => waits`;
    expect(play(lab, log)).toBe(tidy(log));
    expect(prepareApplied(lab)).toEqual([{ type: "prepared", gid: GID }]);
    const replies = tell(lab, { type: "commitPrepared", gid: GID, csn: 50 });
    expect(replies[0]).toEqual({ type: "committedPrepared", gid: GID });
    expect(replies).toHaveLength(4);
    play(lab, "1 rollback\n2 rollback");
    expect(dumpTable(lab.server, "a")).toEqual([
      { key: 1, row: [1, 11, 100], version: GID },
      { key: 3, row: [3, 30, 300], version: 0 },
      { key: 9, row: [9, 0, 900], version: GID },
    ]);
  });

  it("may change a row twice", () => {
    const lab = createLab();
    const rows: RowChange[] = [
      updateOf(1, 11, 0),
      updateOf(1, 12, GID),
      { kind: "insert", table: "a", key: 9, row: [9, 0, 900], base: 0 },
      { kind: "delete", table: "a", key: 9, row: null, base: GID },
      { kind: "delete", table: "a", key: 2, row: null, base: 0 },
      { kind: "insert", table: "a", key: 2, row: [2, 5, 200], base: 0 },
    ];
    expect(apply(lab, rows)).toEqual([{ type: "applied", gid: GID }]);
    prepareApplied(lab);
    tell(lab, { type: "commitPrepared", gid: GID, csn: 50 });
    expect(dumpTable(lab.server, "a").map(({ row }) => row)).toEqual([
      [1, 12, 100],
      [2, 5, 200],
      [3, 30, 300],
    ]);
  });

  it("fails where the origin overwrote another version, and holds nothing then", () => {
    const lab = createLab();
    play(
      lab,
      "1 begin rc\n1 update a 1 v+=1\n1 prepare 33\ncommit 33 @33\n1 begin rc\n1 delete a 2\n1 commit",
    );
    expect(failure(apply(lab, [updateOf(3, 0, 0), updateOf(1, 11, 0)]))).toBe(
      "LS001 a 1: expected the version of initial, found the version of 1:1",
    );
    expect(failure(apply(lab, [updateOf(1, 11, makeGid(3, 4))]))).toBe(
      "LS001 a 1: expected the version of 3:4, found the version of 1:1",
    );
    expect(failure(apply(lab, [updateOf(2, 11, 0)]))).toBe(
      "LS001 a 2: expected the version of initial, found none",
    );
    expect(failure(apply(lab, [updateOf(7, 11, 0)]))).toBe(
      "LS001 a 7: expected the version of initial, found none",
    );
    expect(failure(apply(lab, [{ kind: "delete", table: "a", key: 7, row: null, base: 0 }]))).toMatch(
      /^LS001 /,
    );
    expect(failure(apply(lab, [{ kind: "insert", table: "a", key: 3, row: [3, 0, 5], base: 0 }]))).toBe(
      "LS001 a 3: expected no row, found the version of initial",
    );
    expect(failure(apply(lab, [], [{ table: "p", key: 7, mode: "key share" }]))).toBe(
      "LS001 p 7: expected a row to lock key share, found none",
    );
    expect(failure(apply(lab, [{ kind: "delete", table: "zz", key: 7, row: null, base: 0 }]))).toMatch(
      /^42P01 /,
    );
    const log = `
      2 begin rr => begun
      2 update a 3 v=5 => 1
      2 commit => committed`;
    expect(play(lab, log)).toBe(tidy(log));
  });

  it("does not find a row that is only being inserted (postgres.md D, trap 2)", () => {
    const lab = createLab();
    play(lab, "1 begin rc\n1 insert a 9 0 900\n1 prepare 33");
    expect(failure(apply(lab, [updateOf(9, 1, 33)]))).toMatch(/^LS001 a 9: .*found none$/);
  });

  it("waits where its statements would wait, then looks again", () => {
    for (const [end, answer] of [
      [
        "commit 33",
        "committedPrepared; -34: LS001 a 1: expected the version of initial, found the version of 1:1",
      ],
      ["rollback 33", "rolledBackPrepared; g34: applied"],
    ]) {
      const lab = createLab();
      play(lab, "1 begin rc\n1 update a 1 v+=1\n1 prepare 33");
      expect(apply(lab, [updateOf(2, 21, 0), updateOf(1, 11, 0)])).toEqual([]);
      expect(play(lab, end!)).toBe(`${end} => ${answer}`);
    }
  });

  it("obeys unique constraints, and not foreign keys", () => {
    const lab = createLab();
    const parentless: RowChange = { kind: "insert", table: "c", key: 20, row: [20, 99, 0], base: 0 };
    const orphaning: RowChange = { kind: "delete", table: "p", key: 1, row: null, base: 0 };
    expect(apply(lab, [parentless, orphaning])).toEqual([{ type: "applied", gid: GID }]);
    tell(lab, { type: "rollback", session: applySession(GID) });
    expect(failure(apply(lab, [{ kind: "insert", table: "a", key: 8, row: [8, 0, 100], base: 0 }]))).toMatch(
      /^23505 /,
    );
    play(lab, "1 begin rc\n1 insert a 7 0 777");
    expect(apply(lab, [{ kind: "update", table: "a", key: 2, row: [2, 0, 777], base: 0 }])).toEqual([]);
    play(lab, "1 rollback");
    expect(lab.replies.at(-1)).toEqual({ type: "applied", gid: GID });
  });

  it("rolled back before, while and after it waits, leaves nothing", () => {
    const session = applySession(GID);
    const lab = createLab();
    expect(tell(lab, { type: "rollback", session })).toEqual([{ type: "rolledBack", session }]);
    play(lab, "1 begin rc\n1 update a 1 v+=1");
    expect(apply(lab, [updateOf(2, 0, 0), updateOf(1, 0, 0)])).toEqual([]);
    expect(tell(lab, { type: "rollback", session })).toEqual([{ type: "rolledBack", session }]);
    play(lab, "1 commit\n1 begin rc");
    expect(apply(lab, [updateOf(2, 0, 0)])).toEqual([{ type: "applied", gid: GID }]);
    expect(tell(lab, { type: "rollback", session })).toEqual([{ type: "rolledBack", session }]);
    const log = "1 update a 2 v+=1 => 1";
    expect(play(lab, log)).toBe(log);
  });
});

describe("two servers", () => {
  it("that apply each other's streams end with the same versions of every row", () => {
    const labs = [createLab({ node: 1, peers: [2] }), createLab({ node: 2, peers: [1] })] as const;
    openStream(labs[0].server, labs[0].host, 2, 0);
    openStream(labs[1].server, labs[1].host, 1, 0);
    const script = [
      ["update a 1 v+=1", "update a 2 v+=1"],
      ["insert a 9 0 900", "delete a 3"],
      ["insert c 20 2 0", "update a 9 v=5 u=901"],
      ["update a 1 v+=1", "update a 1 v+=1"],
      ["delete c 20", "insert a 3 3 3"],
    ];
    for (const [round, statements] of script.entries()) {
      const [origin, replica] = round % 2 === 0 ? labs : [labs[1], labs[0]];
      const gid = makeGid(origin.server.config.node, round + 1);
      play(origin, `1 begin rr\n1 ${statements.join("\n1 ")}\n1 prepare ${gid}`);
      const { change, peer } = origin.streamed.at(-1)!;
      expect(apply(replica, change.rows, change.locks, gid)).toEqual([{ type: "applied", gid }]);
      prepareApplied(replica, gid);
      confirmStream(origin.server, peer, change.lsn);
      for (const lab of labs) {
        tell(lab, { type: "commitPrepared", gid, csn: 100 + round });
        settle(lab);
      }
    }
    for (const table of ["a", "c", "p"]) {
      expect(dumpTable(labs[0].server, table)).toEqual(dumpTable(labs[1].server, table));
    }
    expect(dumpTable(labs[0].server, "a").map(({ row }) => row)).toEqual([
      [1, 13, 100],
      [2, 21, 200],
      [3, 3, 3],
      [9, 5, 901],
    ]);
  });
});
