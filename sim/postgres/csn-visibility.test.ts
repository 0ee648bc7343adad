import { describe, expect, it } from "vitest";
import type { PreparedChange, RowChange } from "../../protocol/database.ts";
import { makeGid } from "../../protocol/gid.ts";
import { createLab, finish, flush, type Lab, labelOf, play, settle, tell, tidy } from "./lab.ts";
import { crash } from "./server.ts";
import type { ServerConfig } from "./state.ts";

function createCsnLab(config: Partial<ServerConfig> = {}): Lab {
  return createLab({ csnVisibility: true, ...config });
}

function run(log: string, config: Partial<ServerConfig> = {}): Lab {
  const lab = createCsnLab(config);
  expect(play(lab, log)).toBe(tidy(log));
  return lab;
}

describe("a reader at a CSN", () => {
  it("sees what was committed at or below it, whatever was committed here first", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v=11 @1 => 1
      1 prepare 7 @50 => prepared
      2 begin rc => begun
      2 update a 2 v=22 @1 => 1
      2 prepare 8 @40 => prepared
      commit 7 @60 => committedPrepared
      commit 8 @45 => committedPrepared
      3 begin rc => begun
      3 select a 1 2 @44 => [1 10 100] [2 20 200]
      3 select a 1 2 @45 => [1 10 100] [2 22 200]
      3 select a 1 2 @59 => [1 10 100] [2 22 200]
      3 select a 1 2 @60 => [1 11 100] [2 22 200]`);
  });

  it("waits for a prepared writer with a stamp at or below it, and for no other", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v=11 @1 => 1
      2 begin rc => begun
      2 select a 1 @99 => [1 10 100]
      1 prepare 7 @50 => prepared
      2 select a 1 @49 => [1 10 100]
      2 select a 1 @50 => waits
      commit 7 @50 => committedPrepared; 2: [1 11 100]`);
  });

  it("takes its turn: a write that waits for a doubt to end does not overtake an apply that came before it", () => {
    const lab = run(`
      1 begin rc => begun
      1 update a 1 v=11 @1 => 1
      1 prepare 7 @50 => prepared`);
    const gid = makeGid(2, 1);
    const row: RowChange = { kind: "update", table: "a", key: 1, row: [1, 12, 100], base: 0 };
    const change: PreparedChange = { kind: "prepared", lsn: 1, label: labelOf(gid), rows: [row], locks: [] };
    expect(tell(lab, { type: "apply", gid, change })).toEqual([]);
    const log = `
      2 begin rc => begun
      2 update a 1 v=13 @60 => waits`;
    expect(play(lab, log)).toBe(tidy(log));
    expect(tell(lab, { type: "rollbackPrepared", gid: 7 })).toContainEqual({ type: "applied", gid });
  });

  it("is in doubt from PREPARE on, before that is durable", () => {
    const lab = createCsnLab();
    lab.automatic = false;
    const log = `
      1 begin rc => begun
      1 update a 1 v=11 @1 => 1
      2 begin rc => begun
      3 begin rc => begun`;
    play(lab, log);
    play(lab, "1 prepare 7 @50");
    expect(play(lab, "2 select a 1 @50")).toBe("2 select a 1 @50 => waits");
    expect(play(lab, "3 select a 1 @49")).toBe("3 select a 1 @49 => [1 10 100]");
  });

  it("waits for the insert and the deletion of a row in doubt, by key and in a scan", () => {
    run(`
      1 begin rc => begun
      1 insert a 9 9 900 @1 => 1
      1 delete a 2 @1 => 1
      1 prepare 7 @50 => prepared
      2 begin rc => begun
      2 select a 9 @60 => waits
      3 begin rr => begun
      3 select a all @60 => waits
      4 begin rc => begun
      4 select a all @49 => [1 10 100] [2 20 200] [3 30 300]
      4 update a 9 v=1 @60 => waits
      5 begin rc => begun
      5 delete a 2 @60 => waits
      commit 7 @55 => committedPrepared; 2: [9 9 900]; 4: 1; 3: [1 10 100] [3 30 300] [9 9 900]; 5: 0`);
  });

  it("goes on without the write if that is rolled back, or gets a CSN above the snapshot", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v=11 @1 => 1
      1 prepare 7 @50 => prepared
      2 begin rc => begun
      2 select a 1 @60 => waits
      rollback 7 => rolledBackPrepared; 2: [1 10 100]`);
    const lab = createCsnLab();
    play(lab, "1 begin rc\n1 update a 1 v=11 @1\n1 prepare 7 @50\n2 begin rc\n2 select a 1 @60\n3 begin rc");
    lab.automatic = false;
    // Carried out, neither durable nor finished: what its CSN says counts already.
    expect(play(lab, "commit 7 @61")).toBe("commit 7 @61 => waits; 2: [1 10 100]");
    expect(play(lab, "3 select a 1 @60")).toBe("3 select a 1 @60 => [1 10 100]");
    expect(play(lab, "3 select a 1 @61")).toBe("3 select a 1 @61 => waits");
    flush(lab);
    expect(lab.replies.at(-1)).toMatchObject({
      type: "executed",
      session: 3,
      result: { snapshot: { csn: 60 } },
    });
    finish(lab, 0);
    expect(lab.replies.at(-1)).toMatchObject({ session: 3, result: { rows: [[1, 11, 100]] } });
  });

  it("stays in doubt over a crash that loses the COMMIT PREPARED", () => {
    const lab = createCsnLab();
    play(lab, "1 begin rc\n1 update a 1 v=11 @1\n1 prepare 7 @50");
    lab.automatic = false;
    play(lab, "commit 7 @61");
    crash(lab.server, lab.host, lab.server.wal.flushed);
    expect(play(lab, "2 begin rc\n2 select a 1 @60")).toBe("2 begin rc => begun\n2 select a 1 @60 => waits");
    play(lab, "commit 7 @55");
    settle(lab);
    expect(lab.replies.at(-1)).toMatchObject({ session: 2, result: { rows: [[1, 11, 100]] } });
  });

  it("is part of the wait-for graph, and of a lock timeout", () => {
    const lab = createCsnLab({ lockTimeoutUs: 500 });
    play(lab, "1 begin rc\n1 update a 1 v=11 @1\n1 prepare 7 @50\n2 begin rc\n2 select a 1 @60");
    expect(tell(lab, { type: "waits", longerThanUs: 0 })).toEqual([
      { type: "waits", edges: [{ waiter: 2, holder: -7 }] },
    ]);
    expect(play(lab, "pass 500")).toBe("pass 500 => 2: 55P03");
  });

  it("keeps its first CSN with REPEATABLE READ, and gives each statement's own otherwise", () => {
    const lab = run(`
      1 begin rr => begun
      1 select a 1 @10 => [1 10 100]
      2 begin rc => begun
      2 update a 1 v=11 @10 => 1
      2 prepare 7 @20 => prepared
      commit 7 @20 => committedPrepared
      1 select a 1 @30 => [1 10 100]
      3 begin rc => begun
      3 select a 1 @19 => [1 10 100]
      3 select a 1 @30 => [1 11 100]`);
    const labels = lab.replies.map((reply) => (reply.type === "executed" ? reply.result.snapshot : null));
    expect(labels.filter((label) => label !== null)).toEqual(
      [10, 10, 10, 19, 30].map((csn) => ({ csn, count: 0 })),
    );
  });
});

describe("a writer at a CSN", () => {
  it("loses to a commit above its snapshot with REPEATABLE READ, for locks too", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v=11 @10 => 1
      1 delete a 2 @10 => 1
      1 prepare 7 @50 => prepared
      2 begin rr => begun
      2 update a 1 v=12 @40 => waits
      commit 7 @50 => committedPrepared; 2: 40001 could not serialize access due to concurrent update
      3 begin rr => begun
      3 select a 1 @49 for share => 40001 could not serialize access due to concurrent update
      4 begin rr => begun
      4 delete a 2 @49 => 40001 could not serialize access due to concurrent delete
      5 begin rr => begun
      5 update a 1 v=13 @50 => 1`);
  });

  it("goes on where the commit that it waited for is at or below its snapshot", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v=11 @10 => 1
      1 prepare 7 @50 => prepared
      2 begin rr => begun
      2 update a 1 v+=1 @60 => waits
      commit 7 @60 => committedPrepared; 2: 1
      2 select a 1 @60 => [1 12 100]`);
  });

  it("goes on with the newest version with READ COMMITTED", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v=11 @10 => 1
      1 prepare 7 @50 => prepared
      commit 7 @50 => committedPrepared
      2 begin rc => begun
      2 update a 1 v+=1 @20 => 1
      2 select a 1 @20 => [1 12 100]`);
  });

  it("that commits alone gets a CSN that nobody has read at", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v=11 @10 => 1
      2 begin rr => begun
      2 select a 2 @70 => [2 20 200]
      1 commit => committed
      2 select a 1 @70 => [1 10 100]
      3 begin rc => begun
      3 select a 1 @71 => [1 11 100]`);
  });
});

describe("old versions", () => {
  function commitAt(lab: Lab, gid: number, csn: number): void {
    play(
      lab,
      `9 begin rc\n9 update a 1 v=${csn} @${csn - 1}\n9 prepare ${gid} @${csn}\ncommit ${gid} @${csn}`,
    );
  }

  it("are kept for snapshots that may still come, and an older one is refused", () => {
    const lab = createCsnLab({ csnRetentionUs: 100 });
    for (let csn = 10; csn <= 1000; csn += 10) commitAt(lab, csn, csn);
    const log = `
      1 begin rc => begun
      1 select a 1 @900 => [1 900 100]
      1 select a 1 @905 => [1 900 100]
      1 select a 1 @700 => 72000`;
    expect(play(lab, log)).toBe(tidy(log));
    const slot = lab.server.tables.get("a")!.rows.get(1)!;
    expect(slot.older.length).toBeLessThan(20);
  });

  it("are kept for a snapshot that is in use, however old, and nothing between", () => {
    const lab = createCsnLab({ csnRetentionUs: 100 });
    play(lab, "1 begin rr\n1 select a 2 @5");
    for (let csn = 10; csn <= 1000; csn += 10) commitAt(lab, csn, csn);
    expect(play(lab, "1 select a 1 @999")).toBe("1 select a 1 @999 => [1 10 100]");
    const slot = lab.server.tables.get("a")!.rows.get(1)!;
    expect(slot.older.length).toBeLessThan(40);
  });
});
