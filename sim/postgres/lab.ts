/**
 * A machine around one server, for tests: it records what the server says, and does what the server asks for when the
 * test wants it. `play` runs an interleaving that is written down line by line with its results, so that a test reads
 * like a session log, and the same log can be typed into a real server.
 */
import type {
  Assignment,
  Change,
  DatabaseCommand,
  DatabaseReply,
  Key,
  PreparedChange,
  PrepareLabel,
  RowLockMode,
  SessionId,
  SqlError,
  Statement,
  StreamPart,
  TableDefinition,
  Value,
} from "../../protocol/database.ts";
import type { Gid } from "../../protocol/gid.ts";
import type { NodeId } from "../../protocol/members.ts";
import { carryOut, createServer, finishCommit, loadRows, waitCheck, walFlushed } from "./server.ts";
import type { Server, ServerConfig, ServerHost, WaitCheck } from "./state.ts";

export interface Lab {
  server: Server;
  readonly host: ServerHost;
  nowUs: number;
  /** Whether each command is followed by flushes and finished commits until nothing is left to do. */
  automatic: boolean;
  readonly replies: DatabaseReply[];
  /** Durable commits that are not yet finished. */
  readonly finishing: { gid: Gid; session: SessionId }[];
  readonly checks: { session: SessionId; waitId: number; kind: WaitCheck; dueUs: number }[];
  readonly streamed: { peer: NodeId; change: PreparedChange }[];
  /** What else the streams delivered. */
  readonly others: { peer: NodeId; change: StreamPart }[];
  readonly facts: Fact[];
  flushRequests: number;
}

export type Fact =
  | { readonly fact: "prepared"; readonly label: PrepareLabel; readonly rows: readonly Change[] }
  | { readonly fact: "committed"; readonly gid: Gid; readonly csn: number }
  | { readonly fact: "rolledBack"; readonly gid: Gid };

/** `a` has a unique column; `c` refers to `p`. */
const TABLES: readonly TableDefinition[] = [
  { name: "a", columns: ["id", "v", "u"], key: "id", unique: ["u"] },
  { name: "p", columns: ["id", "v", "u"], key: "id", unique: ["u"] },
  { name: "c", columns: ["id", "pid", "v"], key: "id", references: [{ column: "pid", table: "p" }] },
];

export function createLab(config: Partial<ServerConfig> = {}): Lab {
  const lab: Lab = {
    server: createServer({
      node: 1,
      peers: [2, 3],
      subscribers: 0b1111_1111,
      tables: TABLES,
      sequences: [],
      csnVisibility: false,
      csnRetentionUs: 1000,
      lockTimeoutUs: 0,
      deadlockTimeoutUs: 1_000_000,
      slotSaveBytes: 0,
      decodingMemoryRows: 0,
      ...config,
    }),
    host: {
      nowUs: () => lab.nowUs,
      reply: (reply) => lab.replies.push(reply),
      requestFlush: () => {
        lab.flushRequests += 1;
      },
      scheduleFinish: (gid, session) => lab.finishing.push({ gid, session }),
      scheduleWaitCheck: (session, waitId, kind, afterUs) =>
        lab.checks.push({ session, waitId, kind, dueUs: lab.nowUs + afterUs }),
      stream: (peer, change) => {
        if (change.kind === "prepared") lab.streamed.push({ peer, change });
        else lab.others.push({ peer, change });
      },
      observe: {
        prepared: (label, rows) => lab.facts.push({ fact: "prepared", label, rows }),
        committed: (gid, csn) => lab.facts.push({ fact: "committed", gid, csn }),
        rolledBack: (gid) => lab.facts.push({ fact: "rolledBack", gid }),
      },
    },
    nowUs: 0,
    automatic: true,
    replies: [],
    finishing: [],
    checks: [],
    streamed: [],
    others: [],
    facts: [],
    flushRequests: 0,
  };
  if (config.tables === undefined) {
    loadRows(lab.server, "a", [
      [1, 10, 100],
      [2, 20, 200],
      [3, 30, 300],
    ]);
    loadRows(lab.server, "p", [
      [1, 0, 1],
      [2, 0, 2],
    ]);
    loadRows(lab.server, "c", [[10, 1, 0]]);
  }
  return lab;
}

/** Gives the server a command; the replies that it and what follows it bring. */
export function tell(lab: Lab, command: DatabaseCommand): DatabaseReply[] {
  const from = lab.replies.length;
  carryOut(lab.server, lab.host, command);
  if (lab.automatic) settle(lab);
  return lab.replies.slice(from);
}

/** Flushes and finishes until nothing is left to do. */
export function settle(lab: Lab): void {
  do {
    flush(lab);
    finishAll(lab);
  } while (lab.server.awaitingFlush.length > 0 || lab.finishing.length > 0);
}

export function flush(lab: Lab): void {
  walFlushed(lab.server, lab.host, lab.server.wal.written);
}

/** In the order in which they became durable. */
export function finishAll(lab: Lab): void {
  while (lab.finishing.length > 0) finish(lab, 0);
}

/** Finishes the commit at this place of `finishing`. */
export function finish(lab: Lab, place: number): void {
  const [commit] = lab.finishing.splice(place, 1);
  if (commit !== undefined) finishCommit(lab.server, lab.host, commit.gid, commit.session);
}

/** Lets time pass up to the checks that are due. */
export function pass(lab: Lab, us: number): DatabaseReply[] {
  const from = lab.replies.length;
  lab.nowUs += us;
  for (const check of lab.checks.filter((other) => other.dueUs <= lab.nowUs)) {
    lab.checks.splice(lab.checks.indexOf(check), 1);
    waitCheck(lab.server, lab.host, check.session, check.waitId, check.kind);
  }
  return lab.replies.slice(from);
}

export function labelOf(gid: Gid, stamp = gid): PrepareLabel {
  return {
    gid,
    generation: 1,
    members: 7,
    configured: 7,
    recovered: false,
    age: stamp,
    coordinatorStamp: stamp,
    stamp,
  };
}

/**
 * Plays a log of "command => result" lines, and returns it with the results that came. Results of other sessions
 * follow after semicolons. Commands: `1 begin rc`, `1 select a all`, `1 select a 1 2 for share`, `1 insert a 5 0 -`,
 * `1 update a 1 v=5 u+=1`, `1 delete a 1`, `1 nextval s`, `1 commit`, `1 rollback`, `1 prepare 7`, `commit 7`, `rollback 7`, and
 * `pass 500` (microseconds). With csnVisibility, `@50` behind a statement gives its snapshot, behind `prepare` the
 * stamp and behind `commit 7` the CSN.
 */
export function play(lab: Lab, log: string): string {
  const lines = log
    .split("\n")
    .map((line) => line.split("=>")[0]!.trim())
    .filter((line) => line !== "");
  return lines.map((line) => `${line} => ${playLine(lab, line)}`).join("\n");
}

/** A log as `play` returns it, whatever its indentation. */
export function tidy(log: string): string {
  return log
    .split("\n")
    .map((line) => line.trim().replace(/\s*=>\s*/, " => "))
    .filter((line) => line !== "")
    .join("\n");
}

function playLine(lab: Lab, line: string): string {
  const words = line.split(/\s+/);
  if (words[0] === "pass") {
    const replies = pass(lab, Number(words[1]));
    if (lab.automatic) settle(lab);
    return replies.map((reply) => `${whose(reply)}: ${show(reply)}`).join("; ") || "nothing";
  }
  const command = parse(words);
  const own = "session" in command ? String(command.session) : `g${"gid" in command ? command.gid : ""}`;
  const replies = tell(lab, command);
  const answer = replies.find((reply) => whose(reply) === own || reply.type === "prepared");
  const others = replies.filter((reply) => reply !== answer);
  const shown = [answer === undefined ? "waits" : show(answer)];
  return [...shown, ...others.map((reply) => `${whose(reply)}: ${show(reply)}`)].join("; ");
}

function parse(words: readonly string[]): DatabaseCommand {
  const at = Number((words.find((word) => word.startsWith("@")) ?? "@0").slice(1));
  const [first, ...rest] = words.filter((word) => !word.startsWith("@")) as [string, ...string[]];
  if (first === "commit") return { type: "commitPrepared", gid: Number(rest[0]), csn: at };
  if (first === "rollback") return { type: "rollbackPrepared", gid: Number(rest[0]) };
  const session = Number(first);
  const [verb, what, ...values] = rest as [string, string, ...string[]];
  switch (verb) {
    case "begin":
      return { type: "begin", session, isolation: what === "rr" ? "repeatable read" : "read committed" };
    case "commit":
    case "rollback":
      return { type: verb, session };
    case "prepare":
      return { type: "prepare", session, label: labelOf(Number(what), at) };
    default:
      return { type: "execute", session, statement: parseStatement(verb, what, values), snapshot: at };
  }
}

function parseStatement(verb: string, table: string, values: readonly string[]): Statement {
  switch (verb) {
    case "insert":
      return { type: "insert", table, row: values.map(toValue) };
    case "update":
      return { type: "update", table, key: toKey(values[0]!), set: values.slice(1).map(toAssignment) };
    case "nextval":
      return { type: "nextval", sequence: table };
    case "delete":
      return { type: "delete", table, key: toKey(values[0]!) };
    case "select": {
      const end = values.indexOf("for");
      const keys = values.slice(0, end < 0 ? values.length : end);
      const wanted = keys[0] === "all" ? ("all" as const) : keys.map(toKey);
      if (end < 0) return { type: "select", table, keys: wanted };
      return { type: "select", table, keys: wanted, lock: values.slice(end + 1).join(" ") as RowLockMode };
    }
    default:
      throw new Error(`no such command: ${verb}`);
  }
}

function toKey(word: string): Key {
  return /^\d+$/.test(word) ? Number(word) : word;
}

function toValue(word: string): Value {
  return word === "-" ? null : toKey(word);
}

function toAssignment(word: string): Assignment {
  const [column, value] = word.split(/\+?=/) as [string, string];
  return word.includes("+=") ? { column, add: Number(value) } : { column, to: toValue(value) };
}

function whose(reply: DatabaseReply): string {
  if ("session" in reply) return String(reply.session);
  return "gid" in reply ? `g${reply.gid}` : "waits";
}

function show(reply: DatabaseReply): string {
  switch (reply.type) {
    case "executed": {
      const { rows, count } = reply.result;
      if (rows.length === 0) return String(count);
      return rows.map((row) => `[${row.map((value) => value ?? "-").join(" ")}]`).join(" ");
    }
    case "failed":
      return showError(reply.error);
    case "waits":
      return JSON.stringify(reply.edges);
    case "begun":
    case "committed":
    case "rolledBack":
    case "prepared":
    case "applied":
    case "committedPrepared":
    case "rolledBackPrepared":
    case "logged":
    case "slotCreated":
      return reply.type;
  }
}

/** The message only where one code stands for several. */
function showError(error: SqlError): string {
  return /^(40001|23|LS)/.test(error.code) ? `${error.code} ${error.message}` : error.code;
}
