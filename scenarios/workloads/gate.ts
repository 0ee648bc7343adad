/**
 * A gate: who holds its row's lock, and only then, counts the entries of a ledger and enters the next number.
 *
 * Source: theory 5.2 (`SELECT x FOR UPDATE` + write y: the lock survives PREPARE at A and is free at B). The gate's row is
 * never written, and no two entries are one row; so nothing but the lock, carried to every node, keeps two from entering
 * the same number. READ COMMITTED, because what is counted must be newer than the lock.
 */
import { z } from "zod";
import type { Statement, TableDefinition } from "../../protocol/database.ts";
import { type Distribution, distribution } from "../durations.ts";
import type { Random } from "../random.ts";
import { sample } from "../sampling.ts";
import type { ClientAction, ClientEvent, ClientProgram, Workload } from "./workload.ts";

export const gateParameters = z.strictObject({
  kind: z.literal("gate"),
  /** Clients on each node. */
  clients: z.int().min(1).max(1_000).default(1),
  think: distribution.default({ kind: "uniform", min: 0, max: 10_000 }),
});

type GateParameters = z.output<typeof gateParameters>;

interface GateMemory {
  /** This client, and how many clients there are: its entries' keys are its own. */
  readonly place: number;
  readonly clients: number;
  readonly think: Distribution;
  step: "lock" | "count" | "enter";
  entries: number;
}

const GATES: TableDefinition = { name: "gates", columns: ["id"], key: "id" };
const LEDGER: TableDefinition = { name: "ledger", columns: ["id", "number"], key: "id" };

export function gate({ clients, think }: GateParameters, nodes: number): Workload<GateMemory> {
  const programs: ClientProgram<GateMemory>[] = [];
  for (let place = 0; place < nodes * clients; place++) {
    const memory: GateMemory = { place, clients: nodes * clients, think, step: "lock", entries: 0 };
    programs.push({ node: 1 + (place % nodes), role: "enter", memory });
  }
  return {
    tables: [GATES, LEDGER],
    rows: { [GATES.name]: [[1]], [LEDGER.name]: [] },
    clients: programs,
    next,
  };
}

function next(memory: GateMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      memory.step = "lock";
      return { type: "begin", isolation: "read committed" };
    case "begun":
      return { type: "execute", statement: { type: "select", table: "gates", keys: [1], lock: "update" } };
    case "executed":
      return carryOn(memory, event.result.rows.length);
    case "ended":
      return { type: "pause", forUs: sample(memory.think, random) };
  }
}

function carryOn(memory: GateMemory, rows: number): ClientAction {
  switch (memory.step) {
    case "lock":
      memory.step = "count";
      return { type: "execute", statement: { type: "select", table: "ledger", keys: "all" } };
    case "count":
      memory.step = "enter";
      return { type: "execute", statement: enter(memory, rows + 1) };
    default:
      return { type: "commit" };
  }
}

function enter(memory: GateMemory, number: number): Statement {
  memory.entries += 1;
  return { type: "insert", table: "ledger", row: [memory.entries * memory.clients + memory.place, number] };
}
