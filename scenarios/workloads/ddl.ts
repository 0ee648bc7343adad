/**
 * Migrations while others write: on every node one client defines, alters and drops tables, and others write rows of
 * those that happen to be there.
 *
 * Source: mmts 6.2; postgres.md E. Migrations say where they mean by the search_path, the role and other settings of
 * their transaction; so a node on which they run in another environment comes out with another schema. Much of what is
 * asked fails (a table is not there, or there already), as it would on one server, and must fail everywhere or nowhere.
 */
import { z } from "zod";
import type { Row, Statement, TableDefinition } from "../../protocol/database.ts";
import { type Distribution, distribution } from "../durations.ts";
import { type Random, randomInt } from "../random.ts";
import { sample } from "../sampling.ts";
import type { ClientAction, ClientEvent, ClientProgram, Workload } from "./workload.ts";

export const ddlParameters = z.strictObject({
  kind: z.literal("ddl"),
  /** Clients on each node that write rows. */
  writers: z.int().min(0).max(1_000).default(2),
  /** Tables that come and go. */
  drafts: z.int().min(1).max(100).default(2),
  /** The share of migrations that empty the table that the others write. */
  truncates: z.number().min(0).max(1).default(0),
  think: distribution.default({ kind: "uniform", min: 0, max: 5_000 }),
});

type DdlParameters = z.output<typeof ddlParameters>;

interface DdlMemory {
  readonly role: "migrate" | "write";
  readonly drafts: number;
  readonly truncates: number;
  readonly think: Distribution;
  /** What is left of the transaction. */
  plan: Statement[];
  began: boolean;
}

const ITEMS: TableDefinition = { name: "items", columns: ["id", "value"], key: "id" };
/** Touched by no DDL, so that its isolation is judged. */
const PLAIN: TableDefinition = { name: "plain", columns: ["id", "value"], key: "id" };
/** A table that is made local: once it is, it stays so under its name. */
const NOTES = "notes";
const KEYS = 6;

export function ddl(
  { writers, drafts, truncates, think }: DdlParameters,
  nodes: number,
): Workload<DdlMemory> {
  const rows: Row[] = [];
  for (let id = 1; id <= KEYS; id++) rows.push([id, 0]);
  const clients: ClientProgram<DdlMemory>[] = [];
  for (let node = 1; node <= nodes; node++) {
    for (let index = 0; index <= writers; index++) {
      const role = index === 0 ? "migrate" : "write";
      clients.push({ node, role, memory: { role, drafts, truncates, think, plan: [], began: false } });
    }
  }
  return { tables: [ITEMS, PLAIN], rows: { items: rows, plain: rows }, clients, next };
}

function next(memory: DdlMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      memory.plan = memory.role === "migrate" ? migration(memory, random) : writes(memory, random);
      memory.began = true;
      return { type: "begin", isolation: random() < 0.5 ? "repeatable read" : "read committed" };
    case "begun":
    case "executed": {
      const statement = memory.plan.shift();
      return statement === undefined ? { type: "commit" } : { type: "execute", statement };
    }
    case "ended":
      return { type: "pause", forUs: sample(memory.think, random) };
  }
}

function migration(memory: DdlMemory, random: Random): Statement[] {
  // Again and again: the node may not have served clients yet when it was first asked.
  if (!memory.began || random() < 0.1) return [{ type: "create schema", schema: "drafts" }];
  if (memory.truncates > 0 && random() < memory.truncates) return [{ type: "truncate", table: "items" }];
  const plan = environment(random);
  const draft = draftOf(memory, random);
  for (let count = 1 + randomInt(random, 2); count > 0; count--) plan.push(step(draft, random));
  return plan;
}

function environment(random: Random): Statement[] {
  const plan: Statement[] = [];
  if (random() < 0.6) plan.push({ type: "set local", setting: "search_path", value: "drafts, public" });
  if (random() < 0.1) plan.push({ type: "set local", setting: "role", value: "owner" });
  if (random() < 0.2) plan.push({ type: "set local", setting: "default_tablespace", value: "fast" });
  return plan;
}

function step(draft: string, random: Random): Statement {
  const number = 1 + randomInt(random, 4);
  switch (randomInt(random, 14)) {
    case 0:
    case 1:
    case 2:
      return { type: "create table", table: { name: draft, columns: ["id", "value"], key: "id" } };
    case 3:
      return { type: "create table as", table: draft, source: "items" };
    case 4: {
      const references = [{ column: "item", table: "items" }];
      return {
        type: "create table",
        table: { name: draft, columns: ["id", "value", "item"], key: "id", references },
      };
    }
    case 5:
    case 6:
      return { type: "drop table", table: draft };
    case 7:
      return { type: "add column", table: draft, column: `c${number}`, default: number };
    case 8:
      return { type: "add column", table: "items", column: `c${number}`, default: number };
    case 9:
      return { type: "truncate", table: draft };
    case 10:
      return { type: "create unique index", table: draft, column: "value" };
    case 11:
      return { type: "create sequence", sequence: `s${number}` };
    case 12:
      if (draft === NOTES) return { type: "make local", table: NOTES };
      return { type: "insert", table: draft, row: [number, 10 * number] };
    default:
      if (number > 2) return { type: "nextval", sequence: `s${number}` };
      return { type: "create table as", table: "mine", source: "items", temporary: true };
  }
}

function writes(memory: DdlMemory, random: Random): Statement[] {
  const plan = random() < 0.3 ? environment(random) : [];
  for (let count = 1 + randomInt(random, 2); count > 0; count--) plan.push(write(memory, random));
  return plan;
}

function write(memory: DdlMemory, random: Random): Statement {
  const key = 1 + randomInt(random, KEYS);
  const set = [{ column: "value", add: 1 }];
  const draft = draftOf(memory, random);
  switch (randomInt(random, 8)) {
    case 0:
      return { type: "select", table: "plain", keys: "all" };
    case 1:
      return { type: "update", table: "plain", key, set };
    case 2:
    case 3:
      return { type: "update", table: "items", key, set };
    case 4:
    case 5:
      return { type: "insert", table: draft, row: [key, randomInt(random, 1_000)] };
    case 6:
      return { type: "update", table: draft, key, set };
    default:
      return { type: "delete", table: draft, key };
  }
}

function draftOf({ drafts }: DdlMemory, random: Random): string {
  if (random() < 0.15) return NOTES;
  return `draft${1 + randomInt(random, drafts)}`;
}
