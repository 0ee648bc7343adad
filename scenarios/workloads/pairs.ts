/**
 * Pairs of rows, to show what an isolation level allows.
 *
 * "long fork" (the original's cross test, mmts 2.1; Jepsen's long_fork): each writer updates one row of a pair, in
 * transactions of its own, and readers everywhere read both. Two readers that see the two writes in opposite orders
 * make a long fork, which snapshot isolation forbids and PSI allows.
 *
 * "write skew" (Berenson et al., SIGMOD 1995): a transaction reads both rows, and if both are on, switches one of them
 * off. Two such transactions, one for each row, may both commit under snapshot isolation, though no serial order
 * leaves both rows off.
 */
import { z } from "zod";
import type { Isolation, Row, Statement, TableDefinition } from "../../protocol/database.ts";
import { type Distribution, distribution } from "../durations.ts";
import { type Random, randomInt } from "../random.ts";
import { sample } from "../sampling.ts";
import type { ClientAction, ClientEvent, ClientProgram, Workload } from "./workload.ts";

export const pairsParameters = z.strictObject({
  kind: z.literal("pairs"),
  shows: z.enum(["long fork", "write skew"]).default("long fork"),
  pairs: z.int().min(1).max(10_000).default(1),
  /** Clients on each node that read both rows of a pair. */
  readers: z.int().min(0).max(1_000).default(1),
  isolation: z.enum(["repeatable read", "read committed"]).default("repeatable read"),
  think: distribution.default({ kind: "uniform", min: 0, max: 2_000 }),
});

type PairsParameters = z.output<typeof pairsParameters>;

interface PairsMemory {
  readonly role: "increment" | "switch off" | "read";
  /** Which row of a pair this client writes: 0 or 1. */
  readonly side: number;
  readonly pairs: number;
  readonly isolation: Isolation;
  readonly think: Distribution;
  pair: number;
  step: number;
}

const TABLE: TableDefinition = { name: "pairs", columns: ["id", "value"], key: "id" };
const ON = 1;

export function pairs(parameters: PairsParameters, nodes: number): Workload<PairsMemory> {
  const rows: Row[] = [];
  const initial = parameters.shows === "write skew" ? ON : 0;
  for (let id = 0; id < 2 * parameters.pairs; id++) rows.push([id, initial]);
  return { tables: [TABLE], rows: { [TABLE.name]: rows }, clients: clientsOf(parameters, nodes), next };
}

function clientsOf(parameters: PairsParameters, nodes: number): ClientProgram<PairsMemory>[] {
  const { pairs: count, isolation, think } = parameters;
  const writer = parameters.shows === "write skew" ? "switch off" : "increment";
  const clients: ClientProgram<PairsMemory>[] = [];
  for (let node = 1; node <= nodes; node++) {
    for (let index = 0; index <= parameters.readers; index++) {
      const role = index === 0 ? writer : "read";
      const memory = { role, side: node % 2, pairs: count, isolation, think, pair: 0, step: 0 } as const;
      clients.push({ node, role, memory: { ...memory } });
    }
  }
  return clients;
}

function next(memory: PairsMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      memory.step = 0;
      memory.pair = randomInt(random, memory.pairs);
      return { type: "begin", isolation: memory.isolation };
    case "begun":
      return firstStatement(memory);
    case "executed":
      memory.step += 1;
      return laterStatement(memory, event);
    case "ended":
      return { type: "pause", forUs: sample(memory.think, random) };
  }
}

function firstStatement(memory: PairsMemory): ClientAction {
  if (memory.role === "increment") return write(memory, [{ column: "value", add: 1 }]);
  const keys = [2 * memory.pair, 2 * memory.pair + 1];
  return { type: "execute", statement: { type: "select", table: TABLE.name, keys } };
}

function laterStatement(
  memory: PairsMemory,
  { result }: Extract<ClientEvent, { type: "executed" }>,
): ClientAction {
  if (memory.role !== "switch off" || memory.step > 1) return { type: "commit" };
  const [first, second] = result.rows.map((row) => row[1]);
  // Off rows are switched on again, so that the next pair of transactions has something to switch off.
  const to = first === ON && second === ON ? 0 : ON;
  return write(memory, [{ column: "value", to }]);
}

function write(memory: PairsMemory, set: Extract<Statement, { type: "update" }>["set"]): ClientAction {
  const key = 2 * memory.pair + memory.side;
  return { type: "execute", statement: { type: "update", table: TABLE.name, key, set } };
}
