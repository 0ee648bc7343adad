/**
 * Parents and children: inserts of children race with deletes of their parents, on different nodes.
 *
 * Source: theory 5.2, where stock servers that apply in replica role were left with orphans on both nodes. Row locks of
 * the changed rows alone do not protect a foreign key; the parent's key-share lock has to travel with the write set.
 */
import { z } from "zod";
import type { Row, Statement, TableDefinition } from "../../protocol/database.ts";
import { type Distribution, distribution } from "../durations.ts";
import { type Random, randomInt } from "../random.ts";
import { sample } from "../sampling.ts";
import type { ClientAction, ClientEvent, ClientProgram, Workload } from "./workload.ts";

export const familyParameters = z.strictObject({
  kind: z.literal("family"),
  parents: z.int().min(1).max(10_000).default(4),
  think: distribution.default({ kind: "uniform", min: 0, max: 2_000 }),
});

type FamilyParameters = z.output<typeof familyParameters>;

interface FamilyMemory {
  readonly role: "bear" | "bury";
  readonly parents: number;
  /** How many children a parent may have: each has a place of its own. */
  readonly places: number;
  readonly think: Distribution;
  step: number;
}

const PARENTS: TableDefinition = { name: "parents", columns: ["id"], key: "id" };
const CHILDREN: TableDefinition = {
  name: "children",
  columns: ["id", "parent"],
  key: "id",
  references: [{ column: "parent", table: "parents" }],
};

export function family(parameters: FamilyParameters, nodes: number): Workload<FamilyMemory> {
  const parents: Row[] = [];
  for (let id = 1; id <= parameters.parents; id++) parents.push([id]);
  return {
    tables: [PARENTS, CHILDREN],
    rows: { [PARENTS.name]: parents, [CHILDREN.name]: [] },
    clients: clientsOf(parameters, nodes),
    next,
  };
}

function clientsOf({ parents, think }: FamilyParameters, nodes: number): ClientProgram<FamilyMemory>[] {
  const clients: ClientProgram<FamilyMemory>[] = [];
  for (let node = 1; node <= nodes; node++) {
    for (const role of ["bear", "bury"] as const) {
      const memory = { role, parents, places: nodes, think, step: 0 };
      clients.push({ node, role, memory });
    }
  }
  return clients;
}

function next(memory: FamilyMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      memory.step = 0;
      return { type: "begin", isolation: "repeatable read" };
    case "begun":
    case "executed":
      memory.step += 1;
      if (memory.step > 1) return { type: "commit" };
      return {
        type: "execute",
        statement: memory.role === "bear" ? bear(memory, random) : bury(memory, random),
      };
    case "ended":
      return { type: "pause", forUs: sample(memory.think, random) };
  }
}

function bear(memory: FamilyMemory, random: Random): Statement {
  const parent = randomParent(memory, random);
  return { type: "insert", table: CHILDREN.name, row: [childAt(memory, parent, random), parent] };
}

/** Deletes a parent or a child, or puts a parent back, so that there is always somebody to bear children of. */
function bury(memory: FamilyMemory, random: Random): Statement {
  const parent = randomParent(memory, random);
  switch (randomInt(random, 4)) {
    case 0:
      return { type: "insert", table: PARENTS.name, row: [parent] };
    case 1:
      return { type: "delete", table: PARENTS.name, key: parent };
    default:
      return { type: "delete", table: CHILDREN.name, key: childAt(memory, parent, random) };
  }
}

function randomParent({ parents }: FamilyMemory, random: Random): number {
  return 1 + randomInt(random, parents);
}

function childAt({ places }: FamilyMemory, parent: number, random: Random): number {
  return parent * places + randomInt(random, places);
}
