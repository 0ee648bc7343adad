/** Tables without a primary key: REPLICA IDENTITY FULL, by which an applier finds a row by all that it holds. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Change, DatabaseReply, Row, RowChange } from "../../protocol/database.ts";
import { makeGid } from "../../protocol/gid.ts";
import { createLab, type Lab, labelOf, play, tell, tidy } from "./lab.ts";
import { dumpTable, loadRows, openStream } from "./server.ts";

const LOG = { name: "log", columns: ["who", "what"], key: null };

function labOf(node: number): Lab {
  const lab = createLab({ node, peers: [3 - node], tables: [LOG] });
  loadRows(lab.server, "log", [
    ["x", 1],
    ["x", 1],
    ["x", 2],
    ["y", 3],
  ]);
  openStream(lab.server, lab.host, 3 - node, 0);
  return lab;
}

let lab: Lab;
let other: Lab;
beforeEach(() => {
  lab = labOf(1);
  other = labOf(2);
});

/** The lines of session 1, prepared; what is streamed of them. */
function changes(lines: string): readonly Change[] {
  play(lab, `1 begin rc\n${lines}\n1 prepare ${makeGid(1, 1)}`);
  return lab.streamed.at(-1)!.change.rows;
}

function apply(rows: readonly Change[], gid = makeGid(1, 1)): DatabaseReply[] {
  return tell(other, {
    type: "apply",
    gid,
    change: { kind: "prepared", lsn: 1, label: labelOf(gid), rows, locks: [] },
  });
}

function contents(server: Lab["server"]): Row[] {
  return dumpTable(server, "log").map(({ row }) => row);
}

describe("a table without a primary key", () => {
  it("may hold a row twice, and a write touches one of them", () => {
    const log = `
      1 begin rc => begun
      1 select log x => [x 1] [x 1] [x 2]
      1 delete log x => 1
      1 select log all => [x 1] [x 2] [y 3]
      1 insert log y 3 => 1
      1 update log x what=7 => 1
      1 select log all => [x 7] [x 2] [y 3] [y 3]
      1 update log z what=7 => 0`;
    expect(play(lab, log)).toBe(tidy(log));
  });

  it("has its rows changed elsewhere by all that they held", () => {
    const rows = changes("1 delete log x\n1 update log y what=4\n1 insert log z 5") as readonly RowChange[];
    expect(rows.map(({ kind, old, row }) => [kind, old, row])).toEqual([
      ["delete", ["x", 1], null],
      ["update", ["y", 3], ["y", 4]],
      ["insert", undefined, ["z", 5]],
    ]);
    const gid = makeGid(1, 1);
    expect(apply(rows)).toMatchObject([{ type: "applied" }]);
    tell(other, { type: "prepare", session: -gid, label: labelOf(gid) });
    for (const { server } of [lab, other]) expect(contents(server)).toHaveLength(4);
    for (const each of [lab, other]) tell(each, { type: "commitPrepared", gid, csn: 9 });
    expect(contents(other.server)).toEqual(contents(lab.server));
    expect(contents(lab.server)).toEqual([
      ["x", 1],
      ["x", 2],
      ["y", 4],
      ["z", 5],
    ]);
  });

  it("lets two delete two equal rows at once, and a third wait or fail", () => {
    const deletion: RowChange = { kind: "delete", table: "log", key: 1, row: null, base: 0, old: ["x", 1] };
    expect(apply([deletion], makeGid(1, 1))).toMatchObject([{ type: "applied" }]);
    expect(apply([deletion], makeGid(1, 2))).toMatchObject([{ type: "applied" }]);
    expect(apply([deletion], makeGid(1, 3))).toEqual([]);
    const replies = [1, 2].flatMap((sequence) => {
      const gid = makeGid(1, sequence);
      tell(other, { type: "prepare", session: -gid, label: labelOf(gid) });
      return tell(other, { type: "commitPrepared", gid, csn: 9 });
    });
    expect(replies.filter(({ type }) => type === "failed")).toMatchObject([
      { session: -makeGid(1, 3), error: { code: "LS001" } },
    ]);
  });

  it("fails where no such row is", () => {
    const deletion: RowChange = { kind: "delete", table: "log", key: 1, row: null, base: 0, old: ["x", 9] };
    expect(apply([deletion])).toMatchObject([{ type: "failed", error: { code: "LS001" } }]);
  });
});
