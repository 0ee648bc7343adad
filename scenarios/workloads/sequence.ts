/**
 * Numbered tickets: every client draws numbers from one sequence, each on its own node, and keeps the last one that it
 * drew in a row of its own.
 *
 * Source: mmts 6.3. Nothing in the rows conflicts, so nothing but the sequence itself keeps two clients from the same
 * number; now and then a client sets the sequence ahead, as a restored dump would.
 */
import { z } from "zod";
import type { Row, Statement, TableDefinition } from "../../protocol/database.ts";
import { type Distribution, distribution } from "../durations.ts";
import { type Random, randomInt } from "../random.ts";
import { sample } from "../sampling.ts";
import type { ClientAction, ClientEvent, ClientProgram, Workload } from "./workload.ts";

export const sequenceParameters = z.strictObject({
  kind: z.literal("sequence"),
  /** Clients on each node. */
  clients: z.int().min(1).max(1_000).default(2),
  /** Share of transactions that set the sequence ahead before they draw from it. */
  jumps: z.number().min(0).max(1).default(0.02),
  think: distribution.default({ kind: "uniform", min: 0, max: 2_000 }),
});

type SequenceParameters = z.output<typeof sequenceParameters>;

interface SequenceMemory {
  /** The client's own row. */
  readonly key: number;
  readonly jumps: number;
  readonly think: Distribution;
  step: "draw" | "keep" | "commit";
  /** The last number drawn. */
  number: number;
}

const TABLE: TableDefinition = { name: "tickets", columns: ["id", "number"], key: "id" };
const SEQUENCE = "numbers";
const LARGEST_JUMP = 1_000;

export function sequence(parameters: SequenceParameters, nodes: number): Workload<SequenceMemory> {
  const { clients, jumps, think } = parameters;
  const programs: ClientProgram<SequenceMemory>[] = [];
  const rows: Row[] = [];
  for (let node = 1; node <= nodes; node++) {
    for (let index = 0; index < clients; index++) {
      const key = rows.length + 1;
      rows.push([key, 0]);
      programs.push({ node, role: "draw", memory: { key, jumps, think, step: "draw", number: 0 } });
    }
  }
  return {
    tables: [TABLE],
    sequences: [SEQUENCE],
    rows: { [TABLE.name]: rows },
    clients: programs,
    next,
  };
}

function next(memory: SequenceMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      memory.step = "draw";
      return { type: "begin", isolation: "repeatable read" };
    case "begun": {
      const jumps = memory.number > 0 && random() < memory.jumps;
      return { type: "execute", statement: jumps ? jump(memory, random) : draw(memory) };
    }
    case "executed": {
      const drawn = event.result.rows[0]?.[0];
      if (typeof drawn === "number") memory.number = drawn;
      return carryOn(memory);
    }
    case "ended":
      return { type: "pause", forUs: sample(memory.think, random) };
  }
}

function carryOn(memory: SequenceMemory): ClientAction {
  switch (memory.step) {
    case "draw":
      return { type: "execute", statement: draw(memory) };
    case "keep":
      memory.step = "commit";
      return { type: "execute", statement: keep(memory) };
    case "commit":
      return { type: "commit" };
  }
}

function draw(memory: SequenceMemory): Statement {
  memory.step = "keep";
  return { type: "nextval", sequence: SEQUENCE };
}

/** Draws behind it: what setval answers is no number of this client's. */
function jump(memory: SequenceMemory, random: Random): Statement {
  const value = memory.number + randomInt(random, LARGEST_JUMP);
  return { type: "setval", sequence: SEQUENCE, value, called: true };
}

function keep({ key, number }: SequenceMemory): Statement {
  return { type: "update", table: TABLE.name, key, set: [{ column: "number", to: number }] };
}
