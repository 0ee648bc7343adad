import { describe, expect, test } from "vitest";
import type { Request } from "./client.ts";
import type { Statement, StatementResult } from "./database.ts";
import { afterSetting, settingStatements, tableDefined, USUAL_ENVIRONMENT, whyRefused } from "./ddl.ts";
import type { Effect } from "./effects.ts";
import { type Bench, give, startBench } from "./testing.ts";

const TABLE = { name: "t", columns: ["id", "v"], key: "id" };
const RESULT: StatementResult = {
  rows: [],
  versions: [],
  count: 0,
  replaced: 0,
  snapshot: { csn: 0, count: 0 },
};

function openSession(): Bench {
  const bench = startBench();
  ask(bench, { type: "begin", isolation: "read committed", age: 0 });
  give(bench, { type: "database", reply: { type: "begun", session: 1 } });
  return bench;
}

function ask(bench: Bench, request: Request): Effect[] {
  return give(bench, { type: "request", session: 1, request });
}

function execute(
  bench: Bench,
  statement: Statement,
  touched: { readonly wrote: boolean; readonly temporary: true },
): Effect[] {
  ask(bench, { type: "execute", statement });
  const reply = { type: "executed", session: 1, result: RESULT, ...touched } as const;
  return give(bench, { type: "database", reply });
}

function told(effects: readonly Effect[]): unknown[] {
  return effects.flatMap((effect): unknown[] => {
    if (effect.type === "answer") return [effect.answer];
    return effect.type === "database" ? [effect.command.type] : [];
  });
}

describe("the environment of a statement", () => {
  test("is set up again with the search_path last", () => {
    const set = [
      { setting: "search_path", value: "drafts, public" },
      { setting: "work_mem", value: "1MB" },
      { setting: "role", value: "owner" },
      { setting: "default_tablespace", value: "fast" },
      { setting: "work_mem", value: "2MB" },
    ];
    const environment = set.reduce(afterSetting, USUAL_ENVIRONMENT);
    const statements = settingStatements(environment);
    expect(statements.map(({ setting, value }) => `${setting}=${value}`)).toEqual([
      "role=owner",
      "default_tablespace=fast",
      "work_mem=2MB",
      "search_path=drafts, public",
    ]);
    expect(statements.reduce(afterSetting, USUAL_ENVIRONMENT)).toEqual(environment);
  });
});

describe("a node", () => {
  const temporary: Statement = { type: "create table", table: TABLE, temporary: true };
  const update: Statement = { type: "update", table: "t", key: 1, set: [] };

  test("commits what used temporary tables alone by itself", () => {
    const bench = openSession();
    execute(bench, temporary, { wrote: false, temporary: true });
    expect(told(ask(bench, { type: "commit" }))).toEqual(["commit"]);
  });

  test("fails the statement by which a transaction comes to use both sorts of tables, and goes on", () => {
    const bench = openSession();
    execute(bench, temporary, { wrote: false, temporary: true });
    const error = { code: "0A000" };
    expect(told(execute(bench, update, { wrote: true, temporary: true }))).toMatchObject([
      "rollback",
      { type: "failed", error },
    ]);
    expect(told(ask(bench, { type: "execute", statement: update }))).toMatchObject([
      { type: "failed", error: { code: "25P02" } },
    ]);
    expect(told(ask(bench, { type: "rollback" }))).toEqual([{ type: "rolledBack" }]);
    expect(told(give(bench, { type: "database", reply: { type: "rolledBack", session: 1 } }))).toEqual([]);
    expect(told(ask(bench, { type: "begin", isolation: "read committed", age: 0 }))).toEqual(["begin"]);
  });

  test("refuses deferrable constraints where they would be replicated, before PostgreSQL sees them", () => {
    const statement: Statement = { type: "create table", table: TABLE, deferrable: ["v"] };
    expect(whyRefused(statement)).toMatchObject({ code: "0A000" });
    expect(whyRefused({ ...statement, temporary: true })).toBeNull();
    const effects = ask(openSession(), { type: "execute", statement });
    expect(told(effects)).toMatchObject(["rollback", { type: "failed", error: { code: "0A000" } }]);
  });
});

test("a statement names its table without its schema", () => {
  expect(tableDefined({ type: "drop table", table: "drafts.t" })).toBe("t");
  expect(tableDefined({ type: "create table", table: TABLE })).toBe("t");
  expect(tableDefined({ type: "create sequence", sequence: "s" })).toBeNull();
});
