import { describe, expect, it } from "vitest";
import type { Change, DatabaseReply } from "../../protocol/database.ts";
import { makeGid } from "../../protocol/gid.ts";
import { createLab, flush, type Lab, labelOf, play, tell, tidy } from "./lab.ts";
import { crash, openStream } from "./server.ts";

function labOf(node = 1): Lab {
  const lab = createLab({ node, sequences: ["s"] });
  tell(lab, { type: "alignSequences", node });
  return lab;
}

function nextval(lab: Lab, session = 1): DatabaseReply {
  const statement = { type: "nextval", sequence: "s" } as const;
  return tell(lab, { type: "execute", session, statement, snapshot: 0 })[0]!;
}

function apply(lab: Lab, rows: readonly Change[]): DatabaseReply[] {
  const gid = makeGid(2, 1);
  const change = { kind: "prepared", lsn: 1, label: labelOf(gid), rows, locks: [] } as const;
  return tell(lab, { type: "apply", gid, change });
}

describe("a sequence", () => {
  it("counts in steps of the cluster's stride, from the node's own number, and never takes a value back", () => {
    const log = `
      1 begin rc => begun
      1 nextval s => [3]
      1 nextval s => [19]
      1 rollback => rolledBack
      1 begin rc => begun
      1 nextval s => [35]
      1 commit => committed`;
    expect(play(labOf(3), log)).toBe(tidy(log));
  });

  it("starts at one and counts by one before it is aligned, and is then moved on", () => {
    const lab = createLab({ sequences: ["s"] });
    const log = "1 begin rc => begun\n1 nextval s => [1]\n1 nextval s => [2]";
    expect(play(lab, log)).toBe(tidy(log));
    tell(lab, { type: "alignSequences", node: 16 });
    expect(play(lab, "1 nextval s\n1 nextval s")).toBe(tidy("1 nextval s => [16]\n1 nextval s => [32]"));
    tell(lab, { type: "alignSequences", node: 16 });
    expect(play(lab, "1 nextval s")).toBe("1 nextval s => [48]");
  });

  it("that is not there is a relation that is not there", () => {
    const log = "1 begin rc => begun\n1 nextval t => 42P01";
    expect(play(labOf(), log)).toBe(tidy(log));
  });

  it("concerns no other node by a nextval alone, but by one that is announced and by setval", () => {
    const lab = labOf();
    openStream(lab.server, lab.host, 2, 0);
    tell(lab, { type: "begin", session: 1, isolation: "read committed" });
    expect(nextval(lab)).toMatchObject({ wrote: false });
    const announced = { type: "nextval", sequence: "s", announced: true } as const;
    tell(lab, { type: "begin", session: 2, isolation: "read committed" });
    const [reply] = tell(lab, { type: "execute", session: 2, statement: announced, snapshot: 0 });
    expect(reply).toMatchObject({ wrote: true });
    tell(lab, { type: "prepare", session: 2, label: labelOf(7) });
    expect(lab.streamed[0]!.change.rows).toEqual([{ kind: "sequence", sequence: "s", value: 17 }]);
  });

  it("goes where setval puts it, but only forward where setval raises", () => {
    const lab = labOf();
    const setval = { type: "setval", sequence: "s", called: false } as const;
    tell(lab, { type: "begin", session: 1, isolation: "read committed" });
    const set = (value: number, raises: object) =>
      tell(lab, { type: "execute", session: 1, statement: { ...setval, value, ...raises }, snapshot: 0 });
    expect(set(65, { raises: true })).toMatchObject([{ result: { rows: [[65]] } }]);
    expect(set(33, { raises: true })).toMatchObject([{ result: { rows: [[65]] } }]);
    expect(nextval(lab)).toMatchObject({ result: { rows: [[65]] } });
    expect(set(33, {})).toMatchObject([{ result: { rows: [[33]] } }]);
    expect(nextval(lab)).toMatchObject({ result: { rows: [[33]] } });
  });

  it("skips up to 32 values in a crash, and none that a commit made durable is given again", () => {
    const lab = labOf();
    play(lab, "1 begin rc\n1 nextval s\n1 commit");
    play(lab, "1 begin rc\n1 nextval s");
    lab.automatic = false;
    crash(lab.server, lab.host, lab.server.wal.flushed);
    tell(lab, { type: "alignSequences", node: 1 });
    play(lab, "2 begin rc");
    expect(play(lab, "2 nextval s")).toBe("2 nextval s => [529]");
    expect(529).toBe(1 + 33 * 16);
  });

  it("may give a value again whose record was lost with the crash", () => {
    const lab = labOf();
    flush(lab);
    lab.automatic = false;
    play(lab, "1 begin rc\n1 nextval s");
    crash(lab.server, lab.host, lab.server.wal.flushed);
    tell(lab, { type: "alignSequences", node: 1 });
    play(lab, "2 begin rc");
    expect(play(lab, "2 nextval s")).toBe("2 nextval s => [1]");
  });

  it("is raised within its class by a value of another node, and never lowered", () => {
    const lab = labOf(3);
    expect(apply(lab, [{ kind: "sequence", sequence: "s", value: 100 }])).toMatchObject([
      { type: "applied" },
    ]);
    play(lab, "1 begin rc");
    expect(play(lab, "1 nextval s")).toBe("1 nextval s => [115]");
    tell(lab, { type: "rollback", session: -makeGid(2, 1) });
    apply(lab, [{ kind: "sequence", sequence: "s", value: 4 }]);
    expect(play(lab, "1 nextval s")).toBe("1 nextval s => [131]");
  });

  it("must be there where its values are applied", () => {
    const replies = apply(labOf(), [{ kind: "sequence", sequence: "t", value: 1 }]);
    expect(replies).toMatchObject([{ type: "failed", error: { code: "42P01" } }]);
  });
});
