import { describe, expect, it } from "vitest";
import { createLab, type Lab, play, tell, tidy } from "./lab.ts";
import { confirmStream, dumpTable } from "./server.ts";
import type { Table } from "./state.ts";

function commit(lab: Lab, gid: number, statement: string): void {
  play(lab, `9 begin rc\n9 ${statement}\n9 prepare ${gid}\ncommit ${gid} @${gid}`);
}

function tableA(lab: Lab): Table {
  return lab.server.tables.get("a")!;
}

function versionsKept(lab: Lab): number {
  return tableA(lab).ordered.reduce((sum, slot) => sum + slot.older.length, 0);
}

describe("old versions", () => {
  it("are dropped at once when no snapshot is in use", () => {
    const lab = createLab();
    for (let gid = 1; gid <= 50; gid++) commit(lab, gid, "update a 1 v+=1");
    expect(versionsKept(lab)).toBe(0);
    expect(dumpTable(lab.server, "a")[0]).toEqual({ key: 1, row: [1, 60, 100], version: 50 });
  });

  it("stay few under a snapshot that stays for long, which goes on to see its own", () => {
    const lab = createLab();
    play(lab, "1 begin rr\n1 select a 3");
    for (let gid = 1; gid <= 300; gid++) {
      // Snapshots that come and go meanwhile.
      play(lab, `${(gid % 3) + 2} begin rr\n${(gid % 3) + 2} select a 2`);
      commit(lab, gid, gid % 10 === 9 ? "delete a 2" : gid % 10 === 0 ? "insert a 2 5 5" : "update a 2 v+=1");
      if (gid % 3 === 0) play(lab, "2 commit\n3 commit\n4 commit");
    }
    expect(versionsKept(lab)).toBeLessThan(20);
    const log = `
      1 select a 2 => [2 20 200]
      1 select a 2 for key share => 40001 could not serialize access due to concurrent update`;
    expect(play(lab, log)).toBe(tidy(log));
  });

  it("tell what happened to a row even when the versions between are gone", () => {
    for (const [statements, error] of [
      [["update a 2 v=1", "delete a 2"], "concurrent update"],
      [["delete a 2", "insert a 2 1 1", "update a 2 v=2"], "concurrent delete"],
      [["update a 2 v=1", "update a 2 v=2"], "concurrent update"],
    ] as const) {
      const lab = createLab();
      play(lab, "1 begin rr\n1 select a 3");
      for (const [index, statement] of statements.entries()) commit(lab, index + 1, statement);
      expect(versionsKept(lab)).toBe(1);
      expect(play(lab, "1 delete a 2")).toBe(
        `1 delete a 2 => 40001 could not serialize access due to ${error}`,
      );
    }
    const lab = createLab();
    play(lab, "1 begin rr\n1 select a 3\n2 begin rr\n2 select a 3");
    for (const [index, add] of [1, 2, 3].entries()) commit(lab, index + 1, `update a 2 v+=${add}`);
    expect(play(lab, "1 select a 2 for key share")).toBe("1 select a 2 for key share => [2 20 200]");
    play(lab, "1 commit");
    commit(lab, 8, "update a 2 u=9");
    commit(lab, 9, "update a 2 v=9");
    expect(play(lab, "2 select a 2 for key share")).toMatch(/40001/);
  });

  it("of deleted keys leave no place behind, nor do inserts that were rolled back", () => {
    const lab = createLab();
    play(lab, "1 begin rr\n1 select a 1");
    for (let key = 10; key < 60; key++) {
      commit(lab, 2 * key, `insert a ${key} 0 ${key}`);
      commit(lab, 2 * key + 1, `delete a ${key}`);
      play(lab, `2 begin rc\n2 insert a ${key + 100} 0 ${key + 100}\n2 rollback`);
    }
    play(lab, "1 commit");
    for (let gid = 1000; gid < 1060; gid++) commit(lab, gid, "update a 1 v+=1");
    expect(tableA(lab).ordered.map((slot) => slot.key)).toEqual([1, 2, 3]);
    expect([...tableA(lab).rows.keys()].sort()).toEqual([1, 2, 3]);
    expect([...tableA(lab).uniques[0]!.rows.keys()].sort()).toEqual([100, 200, 300]);
    expect(lab.server.vacuum).toEqual([]);
  });

  it("of a deleted row are seen by older snapshots, and by them alone", () => {
    const log = `
      1 begin rr => begun
      1 select a 1 => [1 10 100]
      2 begin rc => begun
      2 delete a 2 => 1
      2 commit => committed
      2 begin rr => begun
      2 select a all => [1 10 100] [3 30 300]
      3 begin rc => begun
      3 insert a 2 5 5 => 1
      3 commit => committed
      1 select a all => [1 10 100] [2 20 200] [3 30 300]
      2 select a all => [1 10 100] [3 30 300]
      3 begin rc => begun
      3 select a all => [1 10 100] [2 5 5] [3 30 300]`;
    expect(play(createLab(), log)).toBe(tidy(log));
  });
});

/** How many things of each kind the server holds. */
function sizeOf(lab: Lab): string {
  const { server } = lab;
  const tables = [...server.tables.values()].map((table) => [
    table.rows.size,
    table.ordered.length,
    table.uniques.map((index) => index.rows.size),
  ]);
  const maps = [server.sessions.size, server.prepared.size, server.outcomes.size];
  const { transactions, retained, forgetting, vacuum, toWake, awaitingFlush, openSnapshots } = server;
  const lists = [transactions, retained, forgetting, vacuum, toWake, awaitingFlush, openSnapshots];
  return JSON.stringify([tables, maps, lists.map((list) => list.length), versionsKept(lab)]);
}

describe("a server's memory", () => {
  it("is flat over many transactions", () => {
    const lab = createLab();
    const sizes: string[] = [];
    for (let gid = 1; gid <= 2000; gid++) {
      const row = (gid % 3) + 1;
      commit(lab, 32 * gid + 1, gid % 2 === 0 ? `update a ${row} u=${gid}` : `insert c ${gid + 100} 2 0`);
      if (gid % 2 === 0) commit(lab, 32 * gid + 2, `delete c ${gid + 99}`);
      if (gid % 500 !== 0) continue;
      const { flushed } = lab.server.wal;
      for (const peer of [2, 3]) confirmStream(lab.server, peer, flushed);
      for (const coordinator of [1, 2]) {
        tell(lab, { type: "forgetOutcomes", coordinator, below: 32 * (gid + 1) });
      }
      commit(lab, 32 * gid + 3, "update a 1 v=0");
      tell(lab, { type: "forgetOutcomes", coordinator: 3, below: 32 * (gid + 1) });
      sizes.push(sizeOf(lab));
    }
    expect(new Set(sizes).size).toBe(1);
  });
});
