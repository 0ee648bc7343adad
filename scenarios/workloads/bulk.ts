/**
 * Large transactions: each changes every row of its client and one of the next, and some of
 * them are rolled back at the end.
 *
 * Source: postgres.md F; mmts 9.1 bug 15. With `database.decodingMemoryRows` below the number of rows, the write set
 * leaves in pieces while the transaction still runs.
 */
import { z } from "zod";
import type { Row, TableDefinition } from "../../protocol/database.ts";
import { type Distribution, distribution } from "../durations.ts";
import type { Random } from "../random.ts";
import { sample } from "../sampling.ts";
import type { ClientAction, ClientEvent, ClientProgram, Workload } from "./workload.ts";

export const bulkParameters = z.strictObject({
  kind: z.literal("bulk"),
  /** Rows that each transaction changes, one by one. */
  rows: z.int().min(1).max(100_000).default(40),
  /** Clients on each node. */
  clients: z.int().min(1).max(1_000).default(1),
  /** Share of transactions that are rolled back when all is done. */
  rollbacks: z.number().min(0).max(1).default(0.3),
  think: distribution.default({ kind: "uniform", min: 0, max: 5_000 }),
});

type BulkParameters = z.output<typeof bulkParameters>;

interface BulkMemory {
  /** The first of its rows; one row of the next client's is its own too, so that they meet. */
  readonly first: number;
  readonly rows: number;
  readonly rollbacks: number;
  readonly think: Distribution;
  step: number;
}

const TABLE: TableDefinition = { name: "bulk", columns: ["id", "value"], key: "id" };

export function bulk(parameters: BulkParameters, nodes: number): Workload<BulkMemory> {
  const { clients, rows, rollbacks, think } = parameters;
  const programs: ClientProgram<BulkMemory>[] = [];
  for (let place = 0; place < nodes * clients; place++) {
    const memory = { first: place * rows, rows, rollbacks, think, step: 0 };
    programs.push({ node: 1 + (place % nodes), role: "change all", memory });
  }
  const table: Row[] = [];
  for (let id = 0; id <= nodes * clients * rows; id++) table.push([id, 0]);
  return { tables: [TABLE], rows: { [TABLE.name]: table }, clients: programs, next };
}

function next(memory: BulkMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      memory.step = 0;
      return { type: "begin", isolation: "read committed" };
    case "begun":
    case "executed": {
      if (memory.step > memory.rows) return { type: random() < memory.rollbacks ? "rollback" : "commit" };
      const key = memory.first + memory.step;
      memory.step += 1;
      const set = [{ column: "value", add: 1 }];
      return { type: "execute", statement: { type: "update", table: TABLE.name, key, set } };
    }
    case "ended":
      return { type: "pause", forUs: sample(memory.think, random) };
  }
}
