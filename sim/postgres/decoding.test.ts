import { describe, expect, it } from "vitest";
import type { PreparedChange } from "../../protocol/database.ts";
import { applySession } from "../../protocol/database.ts";
import { createLab, flush, type Lab, labelOf, play, settle, tell } from "./lab.ts";
import { closeStream, confirmStream, crash, openStream, probeStream } from "./server.ts";

function prepareAndCommit(lab: Lab, gid: number, key: number): void {
  play(lab, `1 begin rc\n1 update a ${key} v+=1\n1 prepare ${gid}\ncommit ${gid} @${gid}`);
}

function sentTo(lab: Lab, peer: number): number[] {
  return lab.streamed.filter((sent) => sent.peer === peer).map(({ change }) => change.label.gid);
}

function lastChange(lab: Lab): PreparedChange {
  const { change } = lab.streamed.at(-1)!;
  return change;
}

describe("a slot", () => {
  it("gets each local PREPARE once it is durable, in order, and no other record", () => {
    const lab = createLab();
    lab.automatic = false;
    openStream(lab.server, lab.host, 2, 0);
    play(lab, "1 begin rc\n1 update a 1 v+=1\n1 prepare 7\n2 begin rc\n2 update a 2 v+=1\n2 prepare 4");
    expect(sentTo(lab, 2)).toEqual([]);
    flush(lab);
    expect(sentTo(lab, 2)).toEqual([7, 4]);
    play(lab, "commit 7 @70\nrollback 4\n3 begin rc\n3 update a 3 v=0\n3 commit");
    settle(lab);
    expect(sentTo(lab, 2)).toEqual([7, 4]);
    expect(sentTo(lab, 3)).toEqual([]);
    const lsns = lab.streamed.map(({ change }) => change.lsn);
    expect(lsns).toEqual([...lsns].sort((one, other) => one - other));
  });

  it("delivers rows with the versions that they replaced, and the locks on other rows", () => {
    const lab = createLab();
    openStream(lab.server, lab.host, 2, 0);
    prepareAndCommit(lab, 5, 1);
    play(
      lab,
      `1 begin rc
       1 select a 2 3 for share
       1 update a 1 v=7
       1 update a 1 v=8
       1 update a 3 v=9
       1 insert c 20 2 0
       1 insert a 9 0 -
       1 delete a 9
       1 prepare 7`,
    );
    expect(lastChange(lab)).toEqual({
      kind: "prepared",
      lsn: lab.server.wal.flushed,
      label: labelOf(7, 0),
      rows: [
        { kind: "update", table: "a", key: 1, row: [1, 7, 100], base: 5 },
        { kind: "update", table: "a", key: 1, row: [1, 8, 100], base: 7 },
        { kind: "update", table: "a", key: 3, row: [3, 9, 300], base: 0 },
        { kind: "insert", table: "c", key: 20, row: [20, 2, 0], base: 0 },
        { kind: "insert", table: "a", key: 9, row: [9, 0, null], base: 0 },
        { kind: "delete", table: "a", key: 9, row: null, base: 7 },
      ],
      locks: [
        { table: "a", key: 2, mode: "share" },
        { table: "p", key: 2, mode: "key share" },
      ],
    });
  });

  it("gets nothing of a transaction without an xid, and a bare PREPARE of one that only locked", () => {
    const lab = createLab();
    openStream(lab.server, lab.host, 2, 0);
    play(lab, "1 begin rc\n1 select a 1\n1 prepare 7\n1 begin rc\n1 select a 1 for update\n1 prepare 8");
    expect(lab.streamed.map(({ change }) => [change.label.gid, change.rows, change.locks])).toEqual([
      [8, [], [{ table: "a", key: 1, mode: "update" }]],
    ]);
  });

  it("gets what was applied from a peer, and how transactions end, only if it asks for everything", () => {
    const lab = createLab();
    openStream(lab.server, lab.host, 2, 0, "all");
    openStream(lab.server, lab.host, 3, 0);
    const change: PreparedChange = {
      kind: "prepared",
      lsn: 9,
      label: labelOf(34),
      rows: [{ kind: "delete", table: "a", key: 1, row: null, base: 0 }],
      locks: [],
    };
    tell(lab, { type: "apply", gid: 34, change });
    tell(lab, { type: "prepare", session: applySession(34), label: labelOf(34) });
    expect(lab.replies.at(-1)).toEqual({ type: "prepared", gid: 34 });
    tell(lab, { type: "commitPrepared", gid: 34, csn: 50 });
    tell(lab, { type: "logMessage", message: { kind: "syncpoint", holds: [0, 7] } });
    probeStream(lab.server, lab.host, 2, 4);
    expect(lab.streamed.map(({ peer }) => peer)).toEqual([2]);
    expect(lab.others.map(({ peer, change }) => [peer, change.kind])).toEqual([
      [2, "committed"],
      [2, "message"],
      [2, "position"],
    ]);
    expect(lab.others.at(-1)?.change).toMatchObject({ lsn: lab.server.wal.flushed, asked: 4 });
  });

  it("that was closed gets all that it has not confirmed, once it is opened again", () => {
    const lab = createLab();
    openStream(lab.server, lab.host, 2, 0);
    prepareAndCommit(lab, 5, 1);
    confirmStream(lab.server, 2, lastChange(lab).lsn);
    prepareAndCommit(lab, 6, 2);
    const six = lastChange(lab).lsn;
    closeStream(lab.server, 2);
    prepareAndCommit(lab, 7, 3);
    expect(sentTo(lab, 2)).toEqual([5, 6]);
    openStream(lab.server, lab.host, 2, 0);
    expect(sentTo(lab, 2)).toEqual([5, 6, 6, 7]);
    closeStream(lab.server, 2);
    openStream(lab.server, lab.host, 2, six);
    expect(sentTo(lab, 2)).toEqual([5, 6, 6, 7, 7]);
  });

  it("keeps what is needed for others, and nothing more", () => {
    const lab = createLab();
    openStream(lab.server, lab.host, 2, 0);
    openStream(lab.server, lab.host, 3, 0);
    prepareAndCommit(lab, 5, 1);
    prepareAndCommit(lab, 6, 2);
    confirmStream(lab.server, 2, lab.server.wal.flushed);
    expect(lab.server.retained.map(({ kind }) => kind)).toEqual([
      "prepare",
      "committed",
      "prepare",
      "committed",
    ]);
    confirmStream(lab.server, 3, lab.server.retained[1]!.lsn);
    expect(lab.server.retained.map(({ kind }) => kind)).toEqual(["prepare", "committed"]);
    confirmStream(lab.server, 3, lab.server.wal.flushed);
    expect(lab.server.retained).toEqual([]);
    prepareAndCommit(lab, 7, 1);
    expect(sentTo(lab, 2)).toEqual([5, 6, 7]);
  });

  it("cannot confirm what it was never sent, and exists only for a peer", () => {
    const lab = createLab();
    expect(() => confirmStream(lab.server, 2, 1)).toThrow();
    expect(() => openStream(lab.server, lab.host, 4, 0)).toThrow();
  });
});

describe("after a crash", () => {
  it("a slot is where it was saved, and the rest comes again, unless the subscriber knows better", () => {
    for (const [slotSaveBytes, knows, expected] of [
      [0, false, []],
      [1_000_000, false, [5, 6]],
      [1_000_000, true, []],
    ] as const) {
      const lab = createLab({ slotSaveBytes });
      openStream(lab.server, lab.host, 2, 0);
      prepareAndCommit(lab, 5, 1);
      prepareAndCommit(lab, 6, 2);
      const { flushed } = lab.server.wal;
      confirmStream(lab.server, 2, flushed);
      confirmStream(lab.server, 3, flushed);
      crash(lab.server, lab.host, flushed);
      lab.streamed.length = 0;
      openStream(lab.server, lab.host, 2, knows ? flushed : 0);
      expect(sentTo(lab, 2)).toEqual(expected);
    }
  });

  it("a slot gets what it had confirmed and not saved, also where another slot has saved more", () => {
    const lab = createLab({ slotSaveBytes: 600 });
    prepareAndCommit(lab, 5, 1);
    confirmStream(lab.server, 3, lab.server.wal.flushed);
    prepareAndCommit(lab, 6, 2);
    confirmStream(lab.server, 2, lab.server.wal.flushed);
    expect(lab.server.slots.map(({ confirmed, saved }) => confirmed === saved)).toEqual([true, false]);
    crash(lab.server, lab.host, lab.server.wal.flushed);
    openStream(lab.server, lab.host, 3, 0);
    expect(sentTo(lab, 3)).toEqual([5, 6]);
  });

  it("a PREPARE that was not durable is never sent, one that survived is, and new ones follow", () => {
    for (const [survives, expected] of [
      ["flushed", [5, 8]],
      ["written", [5, 7, 8]],
    ] as const) {
      const lab = createLab();
      prepareAndCommit(lab, 5, 1);
      lab.automatic = false;
      play(lab, "1 begin rc\n1 update a 2 v+=1\n1 prepare 7");
      crash(lab.server, lab.host, lab.server.wal[survives]);
      lab.automatic = true;
      openStream(lab.server, lab.host, 2, 0);
      prepareAndCommit(lab, 8, 3);
      expect(sentTo(lab, 2)).toEqual(expected);
    }
  });
});
