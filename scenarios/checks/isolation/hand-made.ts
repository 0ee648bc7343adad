/** Histories written by hand, for tests: a line a transaction, over one table of registers. */
import type { Csn } from "../../../protocol/csn.ts";
import type {
  Isolation,
  RowStatement,
  StatementResult,
  TableDefinition,
  Value,
} from "../../../protocol/database.ts";
import { type Gid, makeGid } from "../../../protocol/gid.ts";
import type { ClientOutcome, RowHistory, RowOperation, RowTransaction } from "../../history.ts";
import { committedTransactions } from "./transactions.ts";
import type { CommittedTransactions } from "./units.ts";

export const REGISTERS: TableDefinition = { name: "r", columns: ["id", "value"], key: "id" };

/**
 * What a transaction did. A version is a transaction by its place in the history, "initial", or a gid that no
 * transaction has. "own" is how a server shows a row that the transaction itself wrote.
 */
export type Step =
  | {
      readonly read: string;
      readonly from: Version | "own" | "absent";
      readonly value?: Value;
      readonly lock?: true;
      /** Of the statement's own snapshot; else the line's. */
      readonly label?: Csn;
    }
  | { readonly readAll: readonly { readonly key: string; readonly from: Version }[] }
  | { readonly write: string; readonly over: Version; readonly value?: Value; readonly add?: number }
  | { readonly insert: string; readonly over?: Version; readonly value?: Value }
  | { readonly delete: string; readonly over: Version }
  | { readonly missDelete: string };

export type Version = number | "initial" | { readonly gid: Gid };

export interface Line {
  readonly steps: readonly Step[];
  /** Its own session, unless it is told. */
  readonly session?: number;
  readonly node?: number;
  readonly isolation?: Isolation;
  /** Begin and answer; by default all overlap. */
  readonly at?: readonly [number, number];
  readonly csn?: Csn;
  readonly label?: Csn;
  readonly count?: number;
  readonly outcome?: ClientOutcome;
  /** Whether the servers committed it; by default if the outcome is "committed". */
  readonly committed?: boolean;
}

export const INITIAL_VERSION = "initial";
const DEFAULT_TIME = [0, 1_000_000] as const;

export function handMade(
  lines: readonly Line[],
  strangers: readonly (readonly [Gid, Csn])[] = [],
): CommittedTransactions {
  const { history, committed } = handMadeHistory(lines);
  for (const [gid, csn] of strangers) committed.set(gid, csn);
  return committedTransactions(history, [REGISTERS], committed);
}

export function handMadeHistory(lines: readonly Line[]): { history: RowHistory; committed: Map<Gid, Csn> } {
  const committed = new Map<Gid, Csn>();
  const transactions = lines.map((line, id) => recordOf(lines, line, id, committed));
  return { history: { transactions }, committed };
}

/** The gid of the transaction in this line. */
export function gidOfLine(lines: readonly Line[], id: number): Gid {
  return makeGid(lines[id]?.node ?? 1, id + 1);
}

export function writes(line: Line): boolean {
  return line.steps.some((step) => "write" in step || "insert" in step || "delete" in step);
}

function recordOf(lines: readonly Line[], line: Line, id: number, committed: Map<Gid, Csn>): RowTransaction {
  const outcome = line.outcome ?? "committed";
  const gid = writes(line) ? gidOfLine(lines, id) : 0;
  const csn = gid === 0 ? 0 : (line.csn ?? 1_000 + id);
  if (gid !== 0 && (line.committed ?? outcome === "committed")) committed.set(gid, csn);
  const [beganAt, endedAt] = line.at ?? DEFAULT_TIME;
  const operations = line.steps.map((step, place) => operationOf(lines, line, step, beganAt + place / 100));
  return {
    id,
    session: line.session ?? 1_000 + id,
    node: line.node ?? 1,
    isolation: line.isolation ?? "repeatable read",
    beganAt,
    operations,
    endingAt: endedAt,
    endedAt,
    outcome,
    gid,
    csn,
    error: null,
  };
}

function operationOf(lines: readonly Line[], line: Line, step: Step, invokedAt: number): RowOperation {
  const label = "read" in step ? step.label : undefined;
  const snapshot = { csn: label ?? line.label ?? 0, count: line.count ?? 0 };
  const result = { ...outcomeOf(lines, step), snapshot };
  return { statement: statementOf(step), invokedAt, completedAt: invokedAt + 0.005, result, error: null };
}

function statementOf(step: Step): RowStatement {
  const table = REGISTERS.name;
  if ("read" in step) {
    const select = { type: "select", table, keys: [step.read] } as const;
    return step.lock === undefined ? select : { ...select, lock: "update" };
  }
  if ("readAll" in step) return { type: "select", table, keys: "all" };
  if ("insert" in step) return { type: "insert", table, row: [step.insert, step.value ?? null] };
  if ("delete" in step) return { type: "delete", table, key: step.delete };
  if ("missDelete" in step) return { type: "delete", table, key: step.missDelete };
  const column = "value";
  const assignment = step.add === undefined ? { column, to: step.value ?? null } : { column, add: step.add };
  return { type: "update", table, key: step.write, set: [assignment] };
}

function outcomeOf(lines: readonly Line[], step: Step): Omit<StatementResult, "snapshot"> {
  if ("read" in step) {
    if (step.from === "absent") return { rows: [], versions: [], count: 0, replaced: 0 };
    const version = step.from === "own" ? -1 : gidOf(lines, step.from);
    return { rows: [[step.read, step.value ?? null]], versions: [version], count: 1, replaced: 0 };
  }
  if ("readAll" in step) {
    const rows = step.readAll.map(({ key }) => [key, null]);
    return {
      rows,
      versions: step.readAll.map(({ from }) => gidOf(lines, from)),
      count: rows.length,
      replaced: 0,
    };
  }
  if ("missDelete" in step) return { rows: [], versions: [], count: 0, replaced: 0 };
  return { rows: [], versions: [], count: 1, replaced: gidOf(lines, step.over ?? INITIAL_VERSION) };
}

function gidOf(lines: readonly Line[], version: Version): Gid {
  if (version === INITIAL_VERSION) return 0;
  return typeof version === "number" ? gidOfLine(lines, version) : version.gid;
}
