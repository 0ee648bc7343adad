/** `lockstep check` as its users have it: files of every kind, and one line with its place for each mistake. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UserError } from "./exit.ts";
import { readHistory } from "./histories/read-history.ts";

const EXAMPLES = "docs/examples/histories";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-check-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["cli/lockstep.mjs", "check", ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The complaint, without the folder. */
function complaintAbout(name: string, text: string): string {
  const path = file(name, text);
  try {
    readHistory(path);
  } catch (error) {
    if (error instanceof UserError) return error.message.replace(`${folder}/`, "");
    throw error;
  }
  return "none";
}

test("reading tells how far it is", () => {
  const line = (process: number, type: string) =>
    `{:type :${type}, :process ${process}, :value [[:r 1 ${type === "ok" ? "[]" : "nil"}]]}\n`;
  const text = Array.from({ length: 2_000 }, (_, process) => line(process, "invoke") + line(process, "ok"));
  const shares: number[] = [];
  readHistory(file("long.edn", text.join("")), (share) => shares.push(share));
  expect(shares.map((share) => Math.round(4 * share))).toEqual([1, 2, 3, 4]);
});

describe("lockstep check", () => {
  test("says the strongest level, and what breaks the next one as a cycle with a sentence an edge", () => {
    const { status, stdout, stderr } = check(`${EXAMPLES}/write-skew.edn`);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain("the strongest level that holds: strong SI");
    expect(stdout).toContain("serializable is broken by G2-item (write skew):");
    expect(stdout).toContain(
      "T0 (process 0, ops 0 and 2) read x as [], before T1 (process 1, ops 1 and 3) appended 1 to x.",
    );
  });

  test("--expect is met, or is exit code 1", () => {
    expect(check(`${EXAMPLES}/write-skew.edn`, "--expect", "strong-si").status).toBe(0);
    const { status, stdout } = check(`${EXAMPLES}/write-skew.edn`, "--expect", "serializable");
    expect(status).toBe(1);
    expect(stdout).toContain("serializable was expected, and is violated");
  });

  test("--json prints one value with every level and its evidence", () => {
    const { status, stdout, stderr } = check(`${EXAMPLES}/long-fork.jsonl`, "--json", "--expect", "GSI");
    expect(status).toBe(1);
    expect(stderr).toBe("");
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({
      kind: "list-append",
      syntax: "JSON",
      strongest: "PSI",
      expected: "GSI",
      met: false,
      levels: { GSI: "violated", PSI: "holds" },
    });
    expect(summary.violations[summary.violations.length - 1]).toMatchObject({
      level: "GSI",
      class: "G-nonadjacent",
    });
  });

  test("a history that no level allows is exit code 1", () => {
    const path = file(
      "g1a.edn",
      `[{:type :invoke :process 0 :value [[:append 1 1]]} {:type :fail :process 0 :value [[:append 1 1]]}
        {:type :invoke :process 0 :value [[:r 1 nil]]} {:type :ok :process 0 :value [[:r 1 [1]]]}]`,
    );
    const { status, stdout } = check(path);
    expect(status).toBe(1);
    expect(stdout).toContain("no level holds");
    expect(stdout).toContain("G1a (aborted read)");
  });

  test("takes what `lockstep run --history` wrote, and comes to the level that the run came to", () => {
    const path = join(folder, "run.jsonl");
    const args = [
      "run",
      "cross",
      "--set",
      "snapshot=local",
      "--set",
      "duration=300ms",
      "--json",
      "--history",
      path,
    ];
    const run = spawnSync(process.execPath, ["cli/lockstep.mjs", ...args], { encoding: "utf8" });
    const { isolation } = JSON.parse(run.stdout);
    const summary = JSON.parse(check(path, "--json").stdout);
    expect(summary.strongest).toBe(isolation);
    expect(summary.transactions.ok).toBeGreaterThan(100);
  });

  test("mistakes are one line each, with their place and exit code 2", () => {
    const path = file("cut.edn", '[{:type :invoke, :process 0, :value [[:append "x" 1]');
    const { status, stdout, stderr } = check(path);
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr: `lockstep: ${path}:1:53: expected "]" for the "[" at 1:37, found the end of the file\n`,
    });
    expect(check(`${EXAMPLES}/write-skew.edn`, "--expect", "best").stderr).toMatch(
      /^lockstep: --expect best: there is no such level; there are strict serializable, .*\n$/,
    );
    expect(check(join(folder, "none.edn")).stderr).toMatch(
      /^lockstep: cannot read .*: no such file or directory\n$/,
    );
    const twice = file(
      "twice.json",
      '{"type": "invoke", "process": 0, "value": [["append", 1, 1]]}\n{"type": "invoke", "process": 1, "value": [["r", 2, null], ["append", 1, 1]]}\n',
    );
    expect(check(twice).stderr).toBe(`lockstep: ${twice}:2:60: 1 is appended twice to key 1\n`);
  });
});

describe("the readers", () => {
  const SAME = {
    kind: "list-append",
    transactions: [
      {
        process: 0,
        outcome: "ok",
        invokedAt: 0,
        completedAt: 1,
        steps: [{ f: "append", key: "x", value: 1 }],
      },
      { process: 1, outcome: "ok", invokedAt: 2, completedAt: 3, steps: [{ f: "r", key: "x", value: [1] }] },
      { process: 2, outcome: "info", invokedAt: 4, completedAt: Number.POSITIVE_INFINITY, steps: [] },
    ],
  };
  const EDN = [
    "{:type :invoke, :f :txn, :process 0, :value [[:append :x 1]]}",
    "{:type :ok, :f :txn, :process 0, :value [[:append :x 1]]}",
    "{:type :invoke, :f :txn, :process 1, :value [[:r :x nil]]}",
    "{:type :ok, :f :txn, :process 1, :value [[:r :x [1]]], :time 12}",
    "{:type :invoke, :f :txn, :process 2, :value []}",
  ];
  const JSONS = EDN.map((line) =>
    line
      .replaceAll(/:(\w+) :(\w+)/g, '"$1": "$2"')
      .replaceAll(/:(process|value|time) /g, '"$1": ')
      .replaceAll(/\[:(\w+) :x ([^\]]+|\[1\])\]/g, '["$1", "x", $2]')
      .replaceAll(/"(append|r)": "x" ([^\]]+|\[1\])\]/g, '"$1", "x", $2]')
      .replace("nil", "null"),
  );

  test.each([
    ["a vector", "edn", `[${EDN.join("\n")}]`],
    [
      "a list with comments, discarded values and tags",
      "edn",
      `; a\n(${EDN.join(" #_ [1 2] ").replace("{", "#jepsen.history.Op{")})`,
    ],
    ["one operation a line", "edn", EDN.join("\n")],
    ["one array", "json", `[${JSONS.join(",")}]`],
    ["one operation a line", "jsonl", JSONS.join("\n")],
    ["JSON in a file of any name", "txt", JSONS.join("\n")],
  ])("%s (%s)", (_, ending, text) => {
    expect(readHistory(file(`same.${ending}`, text))).toMatchObject(SAME);
  });

  test("a nemesis and its like are passed over", () => {
    const text = `{:type :info, :f :start, :process :nemesis, :value nil} ${EDN.join(" ")}`;
    expect(readHistory(file("nemesis.edn", text)).transactions).toHaveLength(3);
  });

  const invoke = "{:type :invoke, :process 0, :value [[:append 1 1]]}";
  test.each([
    ["nothing", "", "a.edn:1:1: the file is empty"],
    ["no transactions", "[]", "a.edn:1:1: there is no transaction in this history"],
    [
      "a list cut short",
      "[{:type :info :process :n}\n {:type",
      'a.edn:2:8: expected "}" for the "{" at 2:2, found the end of the file',
    ],
    ["a wrong bracket", "[{:type :ok]", 'a.edn:1:12: expected "}" for the "{" at 1:2, found "]"'],
    ["a key without a value", "[{:type}]", "a.edn:1:3: this key has no value"],
    ["a text without an end", '[{:type "ok}]', "a.edn:1:9: this text has no end"],
    ["a number that is none", "[{:type 12x}]", 'a.edn:1:9: "12x" is not a number'],
    [
      "too large a number",
      "[{:process 99999999999999999999}]",
      "a.edn:1:12: 99999999999999999999 is too large",
    ],
    ["no map", "[{:type :info :process :n} 3]", "a.edn:1:28: operation 1 is not a map"],
    ["no type", "[{:process 0}]", "a.edn:1:2: an operation has no type; expected invoke, ok, fail or info"],
    [
      "another type",
      "[{:process 0 :type :done}]",
      'a.edn:1:2: an operation has type "done"; expected invoke, ok, fail or info',
    ],
    ["no process", "[{:type :ok}]", "a.edn:1:2: an operation without a process"],
    [
      "another kind of history",
      "[{:type :invoke :process 0 :f :enqueue :value 1}]",
      'a.edn:1:2: unknown operation "enqueue"; list-append and register histories have txn',
    ],
    [
      "another step",
      "[{:type :invoke :process 0 :value [[:cas 1 2]]}]",
      'a.edn:1:36: unknown operation "cas"; expected append, r or w',
    ],
    [
      "too few arguments",
      "[{:type :invoke :process 0 :value [[:r 1]]}]",
      "a.edn:1:36: r has 1 arguments; expected a key and a value",
    ],
    [
      "a completion alone",
      "[{:type :ok :process 0 :value []}]",
      "a.edn:1:2: process 0 completes a transaction (ok) that it never invoked",
    ],
    [
      "an invocation within another",
      `${invoke}\n${invoke}`,
      "a.edn:2:1: process 0 begins a transaction within the one of index 0",
    ],
    [
      "an index twice",
      "[{:index 3 :type :invoke :process 0 :value []} {:index 3 :type :ok :process 0 :value []}]",
      "a.edn:1:48: index 3 comes after index 3: it is there twice, or out of order",
    ],
    [
      "another completion",
      `${invoke}\n{:type :ok, :process 0, :value [[:append 1 2]]}`,
      "a.edn:2:1: this completion has other operations than its invocation",
    ],
    [
      "lists and registers",
      `${invoke}\n{:type :invoke, :process 1, :value [[:w 1 2]]}`,
      "a.edn:2:37: this is of a rw-register history, and what came before of a list-append one",
    ],
    [
      "JSON after EDN",
      `${invoke}\n{"type": "ok", "process": 0}`,
      'a.edn:2:8: ":" alone is no keyword; is this JSON?',
    ],
  ])("EDN: %s", (_, text, complaint) => {
    expect(complaintAbout("a.edn", text)).toBe(complaint);
  });

  test.each([
    [
      "cut short",
      '[{"type": "ok"',
      'a.json:1:15: expected "," or "}" of the object begun at 1:2, found the end of the file',
    ],
    ["a comma too many", '[{"type": "info", "process": "n"},]', 'a.json:1:35: expected a value, found "]"'],
    [
      "a comma too few",
      '[{"a": 1 "b": 2}]',
      'a.json:1:10: expected "," or "}" of the object begun at 1:2, found "\\""',
    ],
    ["a field twice", '[{"a": 1, "a": 2}]', 'a.json:1:11: the field "a" is there twice'],
    ["a word", '[{"a": nil}]', 'a.json:1:8: "nil" is not JSON'],
    [
      "EDN after JSON",
      '{"type": "invoke", "process": 0, "value": []}\n{:type :ok}',
      'a.json:2:2: expected a field\'s name, found ":"',
    ],
  ])("JSON: %s", (_, text, complaint) => {
    expect(complaintAbout("a.json", text)).toBe(complaint);
  });
});
