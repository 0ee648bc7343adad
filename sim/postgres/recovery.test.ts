import { describe, expect, it } from "vitest";
import { createLab, type Fact, finishAll, flush, type Lab, play, tell, tidy } from "./lab.ts";
import { crash, dumpTable, recovered } from "./server.ts";

function manual(): Lab {
  const lab = createLab();
  lab.automatic = false;
  return lab;
}

/** How far transaction 7, an update of row 1 from 10 to 11, gets before the crash. */
const STEPS: readonly ((lab: Lab) => void)[] = [
  (lab) => play(lab, "1 begin rc\n1 update a 1 v+=1"),
  (lab) => play(lab, "1 prepare 7"),
  (lab) => flush(lab),
  (lab) => play(lab, "commit 7 @70"),
  (lab) => flush(lab),
  (lab) => finishAll(lab),
];

interface Expected {
  readonly value: number;
  readonly prepared: readonly number[];
  readonly committed: boolean;
  /** What the observer hears of in all. */
  readonly facts: readonly Fact["fact"][];
}

const NOTHING: Expected = { value: 10, prepared: [], committed: false, facts: [] };
const PREPARED: Expected = { value: 10, prepared: [7], committed: false, facts: ["prepared"] };
const COMMITTED: Expected = { value: 11, prepared: [], committed: true, facts: ["prepared", "committed"] };

function observe(lab: Lab): Expected {
  const { prepared, outcomes } = recovered(lab.server);
  return {
    value: dumpTable(lab.server, "a")[0]?.row[1] as number,
    prepared: prepared.map(({ gid }) => gid),
    committed: outcomes.some(({ gid, csn }) => gid === 7 && csn === 70),
    facts: lab.facts.map(({ fact }) => fact),
  };
}

function runUntil(steps: number, survives: "flushed" | "written"): Lab {
  const lab = manual();
  for (const step of STEPS.slice(0, steps)) step(lab);
  crash(lab.server, lab.host, lab.server.wal[survives]);
  return lab;
}

describe("a crash at any point of a two-phase commit", () => {
  it.each([
    [1, "running", NOTHING, NOTHING],
    [2, "preparing", NOTHING, PREPARED],
    [3, "prepared", PREPARED, PREPARED],
    [4, "commit written", PREPARED, COMMITTED],
    [5, "commit durable, not finished", COMMITTED, COMMITTED],
    [6, "committed", COMMITTED, COMMITTED],
  ] as const)("%i: %s", (steps, _name, ifLost, ifSurvived) => {
    expect(observe(runUntil(steps, "flushed"))).toEqual(ifLost);
    expect(observe(runUntil(steps, "written"))).toEqual(ifSurvived);
  });

  it.each([
    ["lost", "flushed", PREPARED],
    ["survived", "written", { ...NOTHING, facts: ["prepared", "rolledBack"] }],
  ] as const)("ROLLBACK PREPARED whose record %s", (_name, survives, expected) => {
    const lab = manual();
    for (const step of STEPS.slice(0, 3)) step(lab);
    play(lab, "rollback 7");
    crash(lab.server, lab.host, lab.server.wal[survives]);
    expect(observe(lab)).toEqual(expected);
  });

  it.each([
    ["lost", "flushed", 10],
    ["survived", "written", 77],
  ] as const)("plain COMMIT whose record %s", (_name, survives, value) => {
    const lab = manual();
    play(lab, "1 begin rc\n1 update a 1 v=77\n1 commit");
    crash(lab.server, lab.host, lab.server.wal[survives]);
    expect(dumpTable(lab.server, "a")[0]?.row[1]).toBe(value);
    expect(play(lab, "1 begin rc\n1 update a 1 v=0")).toBe(
      tidy("1 begin rc => begun\n1 update a 1 v=0 => 1"),
    );
  });
});

describe("after a crash", () => {
  it("a prepared transaction still holds its locks, and can be finished either way", () => {
    for (const [end, result] of [
      ["commit 7 @70", "committedPrepared; 2: [1 11 100]"],
      ["rollback 7", "rolledBackPrepared; 2: [1 10 100]"],
    ]) {
      const lab = createLab();
      play(
        lab,
        "1 begin rc\n1 update a 1 v+=1\n1 select a 2 for share\n1 prepare 7\n2 begin rc\n2 update a 3 v=0",
      );
      crash(lab.server, lab.host, lab.server.wal.flushed);
      const log = `
        2 begin rc => begun
        2 select a 1 for share => waits
        3 begin rc => begun
        3 update a 3 v+=1 => 1
        3 update a 2 v=0 => waits
        ${end} => ${result}; 3: 1`;
      expect(play(lab, log)).toBe(tidy(log));
    }
  });

  it("sessions, waits and timers are gone, and nobody is answered", () => {
    const lab = manual();
    play(
      lab,
      "1 begin rc\n1 update a 1 v=1\n2 begin rr\n2 update a 1 v=2\n3 begin rr\n3 select a 1 for key share",
    );
    play(lab, "4 begin rc\n4 select a 2\n4 update a 1 v=0");
    const replies = lab.replies.length;
    crash(lab.server, lab.host, lab.server.wal.flushed);
    expect(lab.replies).toHaveLength(replies);
    const { sessions, openSnapshots, awaitingFlush, toWake } = lab.server;
    expect([sessions.size, openSnapshots, awaitingFlush, toWake]).toEqual([0, [], [], []]);
    for (const slot of lab.server.tables.get("a")!.ordered) {
      expect([slot.writer, slot.holder, slot.sharers, slot.queue, slot.pending]).toEqual([
        0,
        0,
        null,
        null,
        null,
      ]);
    }
  });

  it("commits that were durable but unfinished are carried out in the order of their records", () => {
    const lab = manual();
    play(lab, "1 begin rc\n1 update a 1 v+=1\n1 prepare 7\n2 begin rc\n2 update a 2 v+=1\n2 prepare 8");
    flush(lab);
    play(lab, "commit 8 @80\ncommit 7 @70");
    crash(lab.server, lab.host, lab.server.wal.written);
    expect(lab.facts.slice(2)).toEqual([
      { fact: "committed", gid: 8, csn: 80 },
      { fact: "committed", gid: 7, csn: 70 },
    ]);
  });

  it("of two records the first may survive alone", () => {
    const lab = manual();
    play(lab, "1 begin rc\n1 update a 1 v+=1\n1 prepare 7");
    const first = lab.server.wal.written;
    play(lab, "2 begin rc\n2 update a 2 v+=1\n2 prepare 8");
    crash(lab.server, lab.host, first);
    expect(recovered(lab.server).prepared.map(({ gid }) => gid)).toEqual([7]);
  });

  it("what is told to a restarting node is in the order of PREPAREs and of gids", () => {
    const lab = createLab();
    for (const gid of [9, 4, 6, 2]) {
      play(lab, `1 begin rc\n1 insert a ${gid + 20} 0 -\n1 prepare ${gid}`);
    }
    play(lab, "commit 6 @1\ncommit 4 @2");
    crash(lab.server, lab.host, lab.server.wal.flushed);
    expect(recovered(lab.server).prepared.map(({ gid }) => gid)).toEqual([9, 2]);
    expect(recovered(lab.server).outcomes).toMatchObject([
      { gid: 4, csn: 2 },
      { gid: 6, csn: 1 },
    ]);
  });

  it("a crash cannot take what was flushed, nor leave what was not written", () => {
    const lab = createLab();
    play(lab, "1 begin rc\n1 update a 1 v+=1\n1 prepare 7");
    const { flushed, written } = lab.server.wal;
    expect(() => crash(lab.server, lab.host, flushed - 1)).toThrow();
    expect(() => crash(lab.server, lab.host, written + 1)).toThrow();
  });
});

describe("outcomes", () => {
  it("are forgotten once the DELETE is durable, and are there again, without the mark, after a crash before", () => {
    const lab = createLab();
    lab.automatic = true;
    // Gids of coordinators 1 and 2.
    for (const gid of [33, 34, 65, 97]) {
      play(lab, `1 begin rc\n1 update a 1 v+=1\n1 prepare ${gid}\ncommit ${gid} @${gid}`);
    }
    const known = (): number[] => recovered(lab.server).outcomes.map(({ gid }) => gid);
    lab.automatic = false;
    tell(lab, { type: "forgetOutcomes", coordinator: 1, below: 97 });
    expect(known()).toEqual([33, 34, 65, 97]);
    crash(lab.server, lab.host, lab.server.wal.flushed);
    play(lab, "1 begin rc\n1 update a 1 v+=1\n1 prepare 129");
    flush(lab);
    expect(known()).toEqual([33, 34, 65, 97]);
    expect(recovered(lab.server).finished).toEqual([]);
    tell(lab, { type: "forgetOutcomes", coordinator: 1, below: 97 });
    tell(lab, { type: "forgetOutcomes", coordinator: 1, below: 65 });
    flush(lab);
    expect(known()).toEqual([34, 97]);
    expect(recovered(lab.server).finished).toEqual([{ coordinator: 1, below: 97 }]);
    tell(lab, { type: "forgetOutcomes", coordinator: 2, below: 40 });
    crash(lab.server, lab.host, lab.server.wal.written);
    expect(known()).toEqual([97]);
  });
});
