/**
 * A script: every client's transactions written out, command by command. What random tests draw and shrink to.
 *
 * An aborted transaction is not tried again: the script says what is asked, not what comes of it.
 */
import { z } from "zod";
import type { Isolation, Row, Statement, TableDefinition } from "../../protocol/database.ts";
import { distribution, span } from "../durations.ts";
import type { Random } from "../random.ts";
import { sample } from "../sampling.ts";
import type { ClientAction, ClientEvent, ClientProgram, Workload } from "./workload.ts";

const key = z.int().min(1).max(100_000);

const command = z.union([z.strictObject({ read: key }), z.strictObject({ add: z.int(), to: key })], {
  error: 'expected {"read": KEY} or {"add": NUMBER, "to": KEY}',
});

export const scriptParameters = z.strictObject({
  kind: z.literal("script"),
  /** Rows, with keys from 1. */
  keys: z.int().min(1).max(100_000).default(3),
  clients: z
    .array(
      z.strictObject({
        node: z.int().min(1),
        isolation: z.enum(["repeatable read", "read committed"]).default("repeatable read"),
        /** Before the first transaction. */
        start: span.default(0),
        transactions: z.array(z.array(command)),
      }),
    )
    .min(1),
  /** Between two transactions of a client. */
  think: distribution.default({ kind: "uniform", min: 0, max: 2_000 }),
});

type ScriptParameters = z.output<typeof scriptParameters>;
type Command = z.output<typeof command>;

interface ScriptMemory {
  readonly isolation: Isolation;
  readonly start: number;
  readonly think: ScriptParameters["think"];
  readonly transactions: readonly (readonly Command[])[];
  began: boolean;
  transaction: number;
  step: number;
}

const TABLE: TableDefinition = { name: "registers", columns: ["id", "value"], key: "id" };

export function script({ keys, clients, think }: ScriptParameters): Workload<ScriptMemory> {
  const rows: Row[] = [];
  for (let id = 1; id <= keys; id++) rows.push([id, 0]);
  return {
    tables: [TABLE],
    rows: { [TABLE.name]: rows },
    clients: clients.map(({ node, ...own }): ClientProgram<ScriptMemory> => {
      return { node, role: "script", memory: { ...own, think, began: false, transaction: 0, step: 0 } };
    }),
    next,
  };
}

function next(memory: ScriptMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      if (!memory.began) {
        memory.began = true;
        if (memory.start > 0) return { type: "pause", forUs: memory.start };
      }
      if (memory.transaction >= memory.transactions.length) return { type: "stop" };
      memory.step = 0;
      return { type: "begin", isolation: memory.isolation };
    case "begun":
    case "executed": {
      const next = memory.transactions[memory.transaction]?.[memory.step];
      memory.step += 1;
      return next === undefined ? { type: "commit" } : { type: "execute", statement: statementOf(next) };
    }
    case "ended":
      memory.transaction += 1;
      return { type: "pause", forUs: sample(memory.think, random) };
  }
}

function statementOf(asked: Command): Statement {
  if ("read" in asked) return { type: "select", table: TABLE.name, keys: [asked.read] };
  return { type: "update", table: TABLE.name, key: asked.to, set: [{ column: "value", add: asked.add }] };
}
