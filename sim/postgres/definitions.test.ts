import { beforeEach, describe, expect, it } from "vitest";
import type { Change, DatabaseReply, Statement } from "../../protocol/database.ts";
import { makeGid } from "../../protocol/gid.ts";
import { createLab, type Lab, labelOf, play, settle, tell } from "./lab.ts";
import { crash, dumpSchema, dumpTable, openStream } from "./server.ts";

const GID = makeGid(2, 1);
const T = { name: "t", columns: ["id", "v"], key: "id" };
const CREATE: Statement = { type: "create table", table: T };

let lab: Lab;
beforeEach(() => {
  lab = createLab();
  openStream(lab.server, lab.host, 2, 0);
  for (const session of [1, 2, 3]) begin(session);
});

function begin(session: number): void {
  tell(lab, { type: "begin", session, isolation: "read committed" });
}

/** The reply of the session itself, in a word or two. */
function run(session: number, statement: Statement): string {
  const replies = tell(lab, { type: "execute", session, statement, snapshot: 0 });
  const own = replies.find((reply) => "session" in reply && reply.session === session);
  return own === undefined ? "waits" : short(own);
}

function short(reply: DatabaseReply): string {
  return reply.type === "failed" ? reply.error.code : reply.type;
}

function end(session: number, how: "commit" | "rollback"): string[] {
  const replies = tell(lab, { type: how, session });
  return replies.slice(1).map((reply) => `${"session" in reply ? reply.session : ""} ${short(reply)}`);
}

function prepare(session: number, gid = 7): readonly Change[] {
  tell(lab, { type: "prepare", session, label: labelOf(gid) });
  return lab.streamed.at(-1)?.change.rows ?? [];
}

/** The write set of session 1, applied by another server with the same tables. */
function replica(rows: readonly Change[], other = createLab({ node: 2, peers: [1] })) {
  const change = { kind: "prepared", lsn: 1, label: labelOf(GID), rows, locks: [] } as const;
  const applied = tell(other, { type: "apply", gid: GID, change }).map(short);
  if (applied[0] === "applied") {
    tell(other, { type: "prepare", session: -GID, label: labelOf(GID) });
    tell(other, { type: "commitPrepared", gid: GID, csn: 9 });
    settle(other);
  }
  return { other, applied };
}

describe("a name that is being defined", () => {
  it("is known to its definer alone until the commit, and others wait for it to be decided", () => {
    expect(run(1, CREATE)).toBe("executed");
    expect(run(1, { type: "insert", table: "t", row: [1, 2] })).toBe("executed");
    expect(run(2, { type: "select", table: "t", keys: "all" })).toBe("42P01");
    expect(run(3, CREATE)).toBe("waits");
    expect(end(1, "commit")).toEqual(["3 42P07"]);
    end(2, "rollback");
    begin(2);
    expect(play(lab, "2 select t all")).toBe("2 select t all => [1 2]");
  });

  it("is free again after a rollback", () => {
    run(1, CREATE);
    expect(run(3, CREATE)).toBe("waits");
    expect(end(1, "rollback")).toEqual(["3 executed"]);
  });

  it("stands for what it stood for if its DROP is rolled back", () => {
    run(1, { type: "drop table", table: "a" });
    begin(4);
    expect(run(4, { type: "select", table: "a", keys: [1] })).toBe("waits");
    expect(end(1, "rollback")).toEqual(["4 executed"]);
    end(4, "commit");
    run(2, { type: "drop table", table: "a" });
    expect(run(2, { type: "select", table: "a", keys: "all" })).toBe("42P01");
  });

  it("is looked up in the schemas of the search_path, and created in the first that is there", () => {
    const path: Statement = { type: "set local", setting: "search_path", value: "drafts, public" };
    run(1, path);
    run(1, { type: "create table", table: { ...T, name: "early" } });
    run(1, { type: "create schema", schema: "drafts" });
    run(1, CREATE);
    end(1, "commit");
    expect(dumpSchema(lab.server)).toContain("table drafts.t (id, v), primary key id, owner app");
    expect(dumpSchema(lab.server)).toContain("table early (id, v), primary key id, owner app");
    expect(run(2, { type: "select", table: "t", keys: "all" })).toBe("42P01");
    run(3, path);
    expect(run(3, { type: "select", table: "t", keys: "all" })).toBe("executed");
  });
});

describe("table locks", () => {
  it("let readers and writers be, and keep both from DDL, also those of a prepared transaction", () => {
    const add: Statement = { type: "add column", table: "a", column: "w", default: 5 };
    expect(run(1, { type: "select", table: "a", keys: [1] })).toBe("executed");
    expect(run(2, { type: "update", table: "a", key: 1, set: [{ column: "v", add: 1 }] })).toBe("executed");
    expect(run(3, add)).toBe("waits");
    begin(4);
    // Behind the one that waits, not past it.
    expect(run(4, { type: "select", table: "a", keys: [1] })).toBe("waits");
    prepare(2);
    expect(end(1, "commit")).toEqual([]);
    const replies = tell(lab, { type: "commitPrepared", gid: 7, csn: 9 });
    expect(replies.map(short)).toEqual(["committedPrepared", "executed"]);
    expect(end(3, "commit")).toEqual(["4 executed"]);
    expect(play(lab, "4 select a 1")).toBe("4 select a 1 => [1 11 100 5]");
  });

  it("are seen in the graph of waits, and local deadlocks on them are found", () => {
    lab.automatic = false;
    run(1, { type: "update", table: "a", key: 1, set: [{ column: "v", add: 1 }] });
    run(2, { type: "update", table: "p", key: 1, set: [{ column: "v", add: 1 }] });
    expect(run(1, { type: "truncate", table: "c" })).toBe("executed");
    expect(run(2, { type: "drop table", table: "c" })).toBe("waits");
    expect(run(1, { type: "add column", table: "p", column: "w", default: 1 })).toBe("waits");
    expect(tell(lab, { type: "waits", longerThanUs: 0 })).toMatchObject([
      {
        edges: [
          { waiter: 1, holder: 2 },
          { waiter: 2, holder: 1 },
        ],
      },
    ]);
    expect(play(lab, "pass 1000000")).toContain("40P01");
  });
});

describe("what DDL did is taken back by a rollback", () => {
  it.each<[string, Statement[]]>([
    ["a column", [{ type: "add column", table: "a", column: "w", default: 1 }]],
    ["an index", [{ type: "create unique index", table: "a", column: "v" }]],
    ["rows", [{ type: "truncate", table: "a" }]],
    ["a foreign key", [{ type: "drop table", table: "c" }]],
    [
      "another foreign key",
      [{ type: "create table", table: { ...T, references: [{ column: "v", table: "p" }] } }],
    ],
    ["the place of rows", [{ type: "make local", table: "a" }]],
    ["a sequence", [{ type: "create sequence", sequence: "s" }]],
    [
      "much at once",
      [
        { type: "insert", table: "a", row: [7, 1, 7] },
        { type: "add column", table: "a", column: "w", default: 1 },
        { type: "update", table: "a", key: 1, set: [{ column: "w", to: 4 }] },
        { type: "create unique index", table: "a", column: "v" },
        { type: "insert", table: "a", row: [8, 2, 8, 3] },
        { type: "drop table", table: "c" },
        CREATE,
      ],
    ],
  ])("%s", (_what, statements) => {
    const before = [dumpSchema(lab.server), dumpTable(lab.server, "a")];
    for (const statement of statements) expect(run(1, statement)).toBe("executed");
    prepare(1);
    tell(lab, { type: "rollbackPrepared", gid: 7 });
    expect([dumpSchema(lab.server), dumpTable(lab.server, "a")]).toEqual(before);
    // Constraints are as they were too.
    expect(run(2, { type: "delete", table: "p", key: 1 })).toBe("23503");
    expect(run(3, { type: "insert", table: "a", row: [9, 10, 900] })).toBe("executed");
  });

  it("and by a crash, unless it was prepared", () => {
    run(1, CREATE);
    run(2, { type: "add column", table: "a", column: "w", default: 1 });
    prepare(2);
    crash(lab.server, lab.host, lab.server.wal.flushed);
    expect(dumpSchema(lab.server).join()).not.toContain("table t");
    tell(lab, { type: "commitPrepared", gid: 7, csn: 9 });
    expect(dumpTable(lab.server, "a")[0]!.row).toEqual([1, 10, 100, 1]);
  });
});

describe("errors are PostgreSQL's", () => {
  const cases: readonly [string, Statement][] = [
    ["42P07", { type: "create table", table: { ...T, name: "a" } }],
    ["42P06", { type: "create schema", schema: "twice" }],
    ["42701", { type: "add column", table: "a", column: "v", default: 1 }],
    ["42P01", { type: "drop table", table: "nothing" }],
    ["2BP01", { type: "drop table", table: "p" }],
    ["0A000", { type: "truncate", table: "p" }],
    ["42703", { type: "create unique index", table: "a", column: "nothing" }],
    ["23505", { type: "create unique index", table: "same", column: "v" }],
    ["25001", { type: "create unique index", table: "a", column: "v", concurrently: true }],
    ["25001", { type: "vacuum", table: "a" }],
    ["3F000", { type: "create table", table: T }],
    ["42501", { type: "truncate", table: "a" }],
    ["42601", { type: "insert", table: "a", row: [9, 9, 9, 9] }],
  ];

  it.each(cases)("%s", (code, statement) => {
    run(1, { type: "create schema", schema: "twice" });
    run(1, { type: "create table", table: { ...T, name: "same" } });
    run(1, { type: "insert", table: "same", row: [1, 1] });
    run(1, { type: "insert", table: "same", row: [2, 1] });
    if (code === "3F000") run(1, { type: "set local", setting: "search_path", value: "nowhere" });
    if (code === "42501") run(1, { type: "set local", setting: "role", value: "guest" });
    expect(run(1, statement)).toBe(code);
  });
});

describe("what is streamed", () => {
  it("is each statement in its place, with its environment, and nothing of what it did to rows", () => {
    run(1, { type: "set local", setting: "default_tablespace", value: "fast" });
    run(1, CREATE);
    run(1, { type: "insert", table: "t", row: [1, 2] });
    run(1, { type: "add column", table: "t", column: "w", default: 7 });
    run(1, { type: "insert", table: "t", row: [2, 3] });
    const rows = prepare(1);
    expect(rows.map((each) => ("row" in each ? each.row : each.kind))).toEqual([
      "ddl",
      [1, 2],
      "ddl",
      [2, 3, 7],
    ]);
    const { other, applied } = replica(rows);
    expect(applied).toEqual(["applied"]);
    expect(dumpTable(other.server, "t").map(({ row }) => row)).toEqual([
      [1, 2, 7],
      [2, 3, 7],
    ]);
    expect(dumpSchema(other.server).join("; ")).toContain("tablespace fast");
  });

  it("is for CREATE TABLE AS the structure, and then the rows", () => {
    run(1, { type: "create table as", table: "copy", source: "a" });
    const rows = prepare(1);
    expect(rows[0]).toMatchObject({ kind: "ddl", statement: { withNoData: true } });
    const { other } = replica(rows);
    expect(dumpTable(other.server, "copy").map(({ row }) => row)).toEqual([
      [1, 10, 100],
      [2, 20, 200],
      [3, 30, 300],
    ]);
  });

  it("fails where the names lead to other objects", () => {
    run(1, { type: "create schema", schema: "drafts" });
    end(1, "commit");
    begin(1);
    run(1, { type: "set local", setting: "search_path", value: "drafts, public" });
    run(1, CREATE);
    expect(replica(prepare(1)).applied).toEqual(["LS002"]);
  });

  it("is nothing of temporary tables, which keep a transaction from being prepared", () => {
    expect(run(1, { ...CREATE, temporary: true })).toBe("executed");
    expect(run(1, { type: "insert", table: "t", row: [1, 1] })).toBe("executed");
    expect(end(1, "commit")).toEqual([]);
    begin(1);
    const [read] = tell(lab, {
      type: "execute",
      session: 1,
      statement: { type: "select", table: "t", keys: "all" },
      snapshot: 0,
    });
    expect(read).toMatchObject({ wrote: false, temporary: true, result: { rows: [[1, 1]] } });
    expect(run(2, { type: "select", table: "t", keys: "all" })).toBe("42P01");
    const replies = tell(lab, { type: "prepare", session: 1, label: labelOf(8) });
    expect(replies.map(short)).toEqual(["0A000"]);
  });

  it("is of a local table its definition, and no row; under its name for ever", () => {
    run(1, CREATE);
    run(1, { type: "make local", table: "t" });
    run(1, { type: "insert", table: "t", row: [1, 1] });
    run(1, { type: "drop table", table: "t" });
    run(1, CREATE);
    run(1, { type: "insert", table: "t", row: [2, 1] });
    const rows = prepare(1);
    expect(rows.map(({ kind }) => kind)).toEqual(["ddl", "ddl", "ddl", "ddl"]);
    const { other } = replica(rows);
    expect(dumpTable(other.server, "t")).toEqual([]);
    expect(dumpSchema(other.server)).toContain("table t (id, v), primary key id, owner app, local");
    tell(lab, { type: "commitPrepared", gid: 7, csn: 9 });
    const [reply] = tell(lab, {
      type: "execute",
      session: 2,
      statement: { type: "insert", table: "t", row: [3, 1] },
      snapshot: 0,
    });
    expect(reply).toMatchObject({ wrote: false });
  });

  it("waits at a replica for who uses the table there", () => {
    run(1, { type: "add column", table: "a", column: "w", default: 1 });
    const rows = prepare(1);
    const other = createLab({ node: 2, peers: [1] });
    play(other, "5 begin rc\n5 select a 1");
    expect(replica(rows, other).applied).toEqual([]);
    expect(tell(other, { type: "waits", longerThanUs: 0 })).toMatchObject([
      { edges: [{ waiter: -GID, holder: 5 }] },
    ]);
    expect(tell(other, { type: "commit", session: 5 }).map(short)).toEqual(["committed", "applied"]);
  });
});
