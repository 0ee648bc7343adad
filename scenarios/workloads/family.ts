/**
 * Parents and children: inserts of children race with deletes of their parents, on different nodes.
 *
 * Source: theory 5.2, where stock servers that apply in replica role were left with orphans on both nodes. Row locks of
 * the changed rows alone do not protect a foreign key; the parent's key-share lock has to travel with the write set.
 */
import { z } from "zod";
import type { Row, TableDefinition } from "../../protocol/database.ts";
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
  readonly think: Distribution;
  /** The next child's number; children of different clients never share one. */
  child: number;
  readonly childStep: number;
  parent: number;
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
      const memory = { role, parents, think, child: node, childStep: nodes, parent: 0, step: 0 };
      clients.push({ node, role, memory });
    }
  }
  return clients;
}

function next(memory: FamilyMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      memory.step = 0;
      memory.parent = 1 + randomInt(random, memory.parents);
      return { type: "begin", isolation: "repeatable read" };
    case "begun":
    case "executed":
      memory.step += 1;
      return memory.role === "bear" ? bear(memory) : bury(memory, random);
    case "ended":
      return { type: "pause", forUs: sample(memory.think, random) };
  }
}

function bear(memory: FamilyMemory): ClientAction {
  if (memory.step > 1) return { type: "commit" };
  const row = [memory.child, memory.parent];
  memory.child += memory.childStep;
  return { type: "execute", statement: { type: "insert", table: CHILDREN.name, row } };
}

/** A parent that is gone is put back, so that there is always somebody to bear children of. */
function bury(memory: FamilyMemory, random: Random): ClientAction {
  if (memory.step > 1) return { type: "commit" };
  const { parent } = memory;
  if (random() < 0.5) {
    return { type: "execute", statement: { type: "insert", table: PARENTS.name, row: [parent] } };
  }
  return { type: "execute", statement: { type: "delete", table: PARENTS.name, key: parent } };
}
