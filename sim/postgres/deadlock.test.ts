import { describe, expect, it } from "vitest";
import type { DatabaseReply, WaitEdge } from "../../protocol/database.ts";
import { makeGid } from "../../protocol/gid.ts";
import { createLab, type Lab, labelOf, play, tell, tidy } from "./lab.ts";
import { waitCheck } from "./server.ts";

function edges(lab: Lab, longerThanUs = 0): string[] {
  const [reply] = tell(lab, { type: "waits", longerThanUs });
  const found = (reply as Extract<DatabaseReply, { type: "waits" }>).edges;
  return found.map((edge: WaitEdge) => `${edge.waiter} -> ${edge.holder}`);
}

function run(log: string, config = {}): void {
  expect(play(createLab(config), log)).toBe(tidy(log));
}

describe("a local deadlock", () => {
  it("ends in the session whose timer fires first; the other goes on", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v=1 => 1
      2 begin rc => begun
      2 update a 2 v=2 => 1
      1 update a 2 v=1 => waits
      pass 10 => nothing
      2 update a 1 v=2 => waits
      pass 999989 => nothing
      pass 1 => 1: 40P01; 2: 1
      1 select a 1 => 25P02
      2 commit => committed
      pass 1000000 => nothing`);
  });

  it("is found among inserts, among sharers who want more, and through three sessions", () => {
    run(`
      1 begin rc => begun
      1 insert a 11 0 1 => 1
      2 begin rc => begun
      2 insert a 12 0 2 => 1
      1 insert a 12 0 3 => waits
      2 insert a 11 0 4 => waits
      pass 1000000 => 1: 40P01; 2: 1`);
    run(`
      1 begin rc => begun
      1 select a 1 for share => [1 10 100]
      2 begin rc => begun
      2 select a 1 for share => [1 10 100]
      1 update a 1 v=1 => waits
      2 update a 1 v=2 => waits
      pass 1000000 => 1: 40P01; 2: 1`);
    run(`
      1 begin rc => begun
      1 update a 1 v=1 => 1
      2 begin rc => begun
      2 update a 2 v=1 => 1
      3 begin rc => begun
      3 update a 3 v=1 => 1
      1 update a 2 v=1 => waits
      2 update a 3 v=1 => waits
      3 update a 1 v=1 => waits
      pass 1000000 => 1: 40P01; 3: 1`);
  });

  it("through the order of a queue is one too", () => {
    // 3 stands behind 2 for row 1, and 2 ahead of it wants row 2, which 3 has.
    run(`
      1 begin rc => begun
      1 select a 1 for key share => [1 10 100]
      3 begin rc => begun
      3 update a 2 v=1 => 1
      2 begin rc => begun
      2 update a 3 v=1 => 1
      2 update a 1 u=1 => waits
      3 update a 3 v=1 => waits
      1 update a 2 v=1 => waits
      pass 1000000 => 2: 40P01; 3: 1`);
  });

  it("is none where one merely waits, and a prepared transaction is in none", () => {
    run(`
      1 begin rc => begun
      1 update a 1 v=1 => 1
      2 begin rc => begun
      2 update a 2 v=1 => 1
      2 update a 1 v=1 => waits
      1 prepare 7 => prepared
      3 begin rc => begun
      3 update a 2 v=1 => waits
      pass 5000000 => nothing
      commit 7 => committedPrepared; 2: 1`);
  });
});

describe("lock_timeout", () => {
  it("ends a wait, and the transaction lets go of its locks", () => {
    run(
      `
      1 begin rc => begun
      1 update a 1 v=1 => 1
      2 begin rc => begun
      2 update a 2 v=2 => 1
      3 begin rc => begun
      2 update a 1 v=2 => waits
      pass 400 => nothing
      3 update a 2 v=3 => waits
      pass 100 => 2: 55P03; 3: 1
      2 commit => rolledBack
      pass 1000 => nothing`,
      { lockTimeoutUs: 500 },
    );
  });

  it("counts each wait for itself, and a check whose wait has ended does nothing", () => {
    const lab = createLab({ lockTimeoutUs: 500 });
    play(
      lab,
      "1 begin rc\n1 update a 1 v=1\n2 begin rc\n2 update a 2 v=2\n3 begin rc\n3 select a 1 2 for update",
    );
    const first = lab.checks.find((check) => check.kind === "lock timeout")!;
    lab.nowUs = 400;
    play(lab, "1 commit");
    waitCheck(lab.server, lab.host, 3, first.waitId, "lock timeout");
    expect(edges(lab)).toEqual(["3 -> 2"]);
    expect(play(lab, "pass 499")).toBe("pass 499 => nothing");
    expect(play(lab, "pass 1")).toBe("pass 1 => 3: 55P03");
  });

  it("fails an apply, whose session is then free", () => {
    const gid = makeGid(2, 5);
    const lab = createLab({ lockTimeoutUs: 500 });
    play(lab, "1 begin rc\n1 update a 1 v=1");
    const rows = [{ kind: "delete", table: "a", key: 1, row: null, base: 0 } as const];
    tell(lab, {
      type: "apply",
      gid,
      change: { kind: "prepared", lsn: 1, label: labelOf(gid), rows, locks: [] },
    });
    play(lab, "pass 500");
    expect(lab.replies.at(-1)).toMatchObject({ type: "failed", session: -gid, error: { code: "55P03" } });
    expect(lab.server.sessions.has(-gid)).toBe(false);
  });
});

describe("waits", () => {
  it("are edges to each holder in the way and to those ahead, by session or gid, in the order of begins", () => {
    const gid = makeGid(2, 5);
    const lab = createLab();
    play(
      lab,
      "4 begin rc\n1 begin rc\n1 select a 1 for share\n2 begin rc\n2 select a 1 for key share\n1 prepare 33",
    );
    const rows = [{ kind: "delete", table: "a", key: 1, row: null, base: 0 } as const];
    tell(lab, {
      type: "apply",
      gid,
      change: { kind: "prepared", lsn: 1, label: labelOf(gid), rows, locks: [] },
    });
    play(lab, "4 update a 1 v=4\n3 begin rc\n3 select a 1 for key share");
    expect(edges(lab)).toEqual([
      "4 -> -33",
      `4 -> ${-gid}`,
      `${-gid} -> -33`,
      `${-gid} -> 2`,
      `${-gid} -> 3`,
    ]);
  });

  it("are told only when they are old enough, and inserts wait for the writer alone", () => {
    const lab = createLab();
    play(lab, "1 begin rc\n1 insert a 9 0 1\n2 begin rc\n2 insert a 9 0 2");
    lab.nowUs = 50;
    play(lab, "3 begin rc\n3 insert a 8 0 1");
    expect(edges(lab, 50)).toEqual(["2 -> 1"]);
    expect(edges(lab, 51)).toEqual([]);
    expect(edges(lab)).toEqual(["2 -> 1", "3 -> 1"]);
    play(lab, "1 rollback");
    expect(edges(lab)).toEqual([]);
  });
});
