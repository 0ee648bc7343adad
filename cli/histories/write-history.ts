/** A run's history as a file that `lockstep check` reads, and Elle: list-append, one operation a line, in JSON. */
import type { Csn } from "../../protocol/csn.ts";
import type { Gid } from "../../protocol/gid.ts";
import { listAppendOf } from "../../scenarios/checks/inferred/from-records.ts";
import type { ClientTransaction, ListStep } from "../../scenarios/checks/inferred/transactions.ts";
import { rowHistory } from "../../scenarios/checks/isolation/row-history.ts";
import { createLedger, enterFact } from "../../scenarios/checks/ledger.ts";
import { firstMembers, type Scenario } from "../../scenarios/scenario.ts";
import { createWorkload } from "../../scenarios/workloads/workloads.ts";
import type { FactSink, SimWorld } from "../../sim/engine/world.ts";
import { UserError } from "../exit.ts";
import { writeText } from "../files.ts";

/** What a run has to be given so that its history can be written afterwards. */
export interface HistoryWatch {
  readonly observe: FactSink;
  readonly attach: (world: SimWorld) => void;
  /** Throws UserError. */
  readonly write: (path: string) => void;
}

export function watchHistory(scenario: Scenario): HistoryWatch {
  const { commit, nodes, workload } = scenario;
  const ledger = createLedger(commit, firstMembers(scenario));
  let world: SimWorld | null = null;
  return {
    observe: (fact, at) => {
      enterFact(ledger, fact, at);
    },
    attach: (created) => {
      world = created;
    },
    write: (path) => {
      if (world === null) throw new Error("the run was not watched");
      const committed = new Map<Gid, Csn>();
      for (const entry of ledger.entries.values()) {
        if (entry.committed !== 0) committed.set(entry.gid, entry.csn);
      }
      const { tables } = createWorkload(workload, nodes);
      const transactions = listAppendOf(rowHistory(world.director.state.history, tables), tables, committed);
      if (transactions === null) {
        throw new UserError(
          `cannot write ${path}: a transaction was read that is in no client's history; lists cannot tell that`,
        );
      }
      writeText(path, historyText(transactions));
    },
  };
}

interface Line {
  readonly at: number;
  readonly type: string;
  readonly process: number;
  readonly value: unknown;
}

/** One operation a line, in order of time. What had no answer is given up when its process goes on. */
function historyText(transactions: readonly ClientTransaction<ListStep>[]): string {
  const lines: Line[] = [];
  for (const { completedAt, invokedAt, outcome, process, steps } of transactions) {
    const asked = steps.map(({ f, key, value }) => [f, key, f === "r" ? null : value]);
    lines.push({ at: invokedAt, type: "invoke", process, value: asked });
    if (completedAt === Number.POSITIVE_INFINITY) continue;
    const told = steps.map(({ f, key, value }) => [f, key, value]);
    lines.push({ at: completedAt, type: outcome, process, value: told });
  }
  lines.sort((one, other) => one.at - other.at);
  const pending = new Map<number, Line>();
  const texts: string[] = [];
  for (const line of lines) {
    const open = pending.get(line.process);
    if (line.type !== "invoke") pending.delete(line.process);
    else if (open !== undefined) texts.push(textOf({ ...open, type: "info" }));
    if (line.type === "invoke") pending.set(line.process, line);
    texts.push(textOf(line));
  }
  return `${texts.join("\n")}\n`;
}

function textOf({ type, process, value }: Line): string {
  return JSON.stringify({ type, f: "txn", process, value });
}
