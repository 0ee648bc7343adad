/**
 * Registers: single rows that are written and read, each by a transaction of its own.
 *
 * The plainest workload: one client with one operation shows one transaction's way through a protocol; many clients
 * show stale reads. A write is an increment, so the sum of the registers counts the commits.
 */
import { z } from "zod";
import type { Isolation, Row, TableDefinition } from "../../protocol/database.ts";
import { type Distribution, distribution, span } from "../durations.ts";
import { type Random, randomInt } from "../random.ts";
import { sample } from "../sampling.ts";
import type { ClientAction, ClientEvent, ClientProgram, Workload } from "./workload.ts";

export const registerParameters = z.strictObject({
  kind: z.literal("register"),
  keys: z.int().min(1).max(100_000).default(1),
  /** The nodes that have clients; all if left out. */
  nodes: z.array(z.int().min(1)).optional(),
  /** Clients on each of them. */
  clients: z.int().min(1).max(1_000).default(1),
  /** Transactions of each client; without end if left out. */
  operations: z.int().min(1).optional(),
  /** Share of transactions that only read. */
  reads: z.number().min(0).max(1).default(0),
  isolation: z.enum(["repeatable read", "read committed"]).default("repeatable read"),
  /** Before the first transaction. */
  start: span.default(0),
  think: distribution.default({ kind: "uniform", min: 0, max: 2_000 }),
});

type RegisterParameters = z.output<typeof registerParameters>;

interface RegisterMemory {
  readonly keys: number;
  readonly reads: number;
  readonly isolation: Isolation;
  readonly think: Distribution;
  readonly start: number;
  remaining: number;
  began: boolean;
  step: number;
}

const TABLE: TableDefinition = { name: "registers", columns: ["id", "value"], key: "id" };

export function register(parameters: RegisterParameters, nodes: number): Workload<RegisterMemory> {
  const rows: Row[] = [];
  for (let id = 1; id <= parameters.keys; id++) rows.push([id, 0]);
  return { tables: [TABLE], rows: { [TABLE.name]: rows }, clients: clientsOf(parameters, nodes), next };
}

function clientsOf(parameters: RegisterParameters, nodes: number): ClientProgram<RegisterMemory>[] {
  const { keys, reads, isolation, think, start } = parameters;
  const clients: ClientProgram<RegisterMemory>[] = [];
  for (let node = 1; node <= nodes; node++) {
    if (parameters.nodes !== undefined && !parameters.nodes.includes(node)) continue;
    for (let index = 0; index < parameters.clients; index++) {
      const remaining = parameters.operations ?? Number.MAX_SAFE_INTEGER;
      const memory = { keys, reads, isolation, think, start, remaining, began: false, step: 0 };
      clients.push({ node, role: "register", memory });
    }
  }
  return clients;
}

function next(memory: RegisterMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      if (!memory.began && memory.start > 0) {
        memory.began = true;
        return { type: "pause", forUs: memory.start };
      }
      if (memory.remaining === 0) return { type: "stop" };
      memory.remaining -= 1;
      memory.step = 0;
      return { type: "begin", isolation: memory.isolation };
    case "begun":
      return useRegister(memory, random);
    case "executed":
      return { type: "commit" };
    case "ended":
      return { type: "pause", forUs: sample(memory.think, random) };
  }
}

function useRegister(memory: RegisterMemory, random: Random): ClientAction {
  const key = 1 + randomInt(random, memory.keys);
  if (random() < memory.reads) {
    return { type: "execute", statement: { type: "select", table: TABLE.name, keys: [key] } };
  }
  const set = [{ column: "value", add: 1 }];
  return { type: "execute", statement: { type: "update", table: TABLE.name, key, set } };
}
