/**
 * The bank: money moves between accounts on every node, while totals are read on every node.
 *
 * Source: the original's test suite (mmts 8.1 bank_client, after Kyle Kingsbury's bank test). No transfer changes the
 * sum, so every consistent snapshot shows the same total.
 */
import { z } from "zod";
import type { Isolation, Row, TableDefinition } from "../../protocol/database.ts";
import { type Distribution, distribution } from "../durations.ts";
import { type Random, randomInt } from "../random.ts";
import { sample } from "../sampling.ts";
import type { ClientAction, ClientEvent, ClientProgram, Workload } from "./workload.ts";

export const bankParameters = z.strictObject({
  kind: z.literal("bank"),
  accounts: z.int().min(2).max(100_000).default(20),
  /** Money on each account at the start. */
  balance: z.int().default(100),
  /** Clients on each node that move money. */
  transfers: z.int().min(0).max(1_000).default(2),
  /** Clients on each node that read the total. */
  totals: z.int().min(0).max(1_000).default(1),
  /** The nodes that have clients; all if left out. */
  nodes: z.array(z.int().min(1)).optional(),
  /** Transfers and totals of each client, retries apart; without end if left out. */
  operations: z.int().min(1).optional(),
  isolation: z.enum(["repeatable read", "read committed", "both"]).default("both"),
  /** In which order a transfer touches its two accounts; ascending, as the original, never deadlocks on one server. */
  order: z.enum(["ascending", "any"]).default("any"),
  /** Between two transactions of a client. */
  think: distribution.default({ kind: "uniform", min: 0, max: 2_000 }),
  /** Between an aborted transaction and the next attempt. */
  backoff: distribution.default({ kind: "uniform", min: 100, max: 5_000 }),
});

type BankParameters = z.output<typeof bankParameters>;

interface BankMemory {
  readonly role: "transfer" | "total";
  readonly isolation: Isolation;
  readonly order: "ascending" | "any";
  readonly accounts: number;
  readonly think: Distribution;
  readonly backoff: Distribution;
  from: number;
  to: number;
  amount: number;
  step: number;
  retrying: boolean;
  remaining: number;
}

const TABLE: TableDefinition = { name: "accounts", columns: ["id", "balance"], key: "id" };
const LARGEST_TRANSFER = 5;

export function bank(parameters: BankParameters, nodes: number): Workload<BankMemory> {
  return {
    tables: [TABLE],
    rows: { [TABLE.name]: openAccounts(parameters) },
    clients: clientsOf(parameters, nodes),
    next,
  };
}

/** What every total must be. */
export function bankTotal(parameters: BankParameters): number {
  return parameters.accounts * parameters.balance;
}

function openAccounts({ accounts, balance }: BankParameters): Row[] {
  const rows: Row[] = [];
  for (let id = 1; id <= accounts; id++) rows.push([id, balance]);
  return rows;
}

function clientsOf(parameters: BankParameters, nodes: number): ClientProgram<BankMemory>[] {
  const clients: ClientProgram<BankMemory>[] = [];
  for (let node = 1; node <= nodes; node++) {
    if (parameters.nodes !== undefined && !parameters.nodes.includes(node)) continue;
    for (let index = 0; index < parameters.transfers + parameters.totals; index++) {
      const role = index < parameters.transfers ? "transfer" : "total";
      const place = role === "transfer" ? index : index - parameters.transfers;
      clients.push({ node, role, memory: memoryOf(parameters, role, node + place) });
    }
  }
  return clients;
}

function memoryOf(parameters: BankParameters, role: BankMemory["role"], parity: number): BankMemory {
  const { order, accounts, think, backoff } = parameters;
  const isolation = parameters.isolation === "both" ? isolationOf(parity) : parameters.isolation;
  return {
    role,
    isolation,
    order,
    accounts,
    think,
    backoff,
    from: 0,
    to: 0,
    amount: 0,
    step: 0,
    retrying: false,
    remaining: parameters.operations ?? Number.MAX_SAFE_INTEGER,
  };
}

function isolationOf(parity: number): Isolation {
  return parity % 2 === 0 ? "repeatable read" : "read committed";
}

function next(memory: BankMemory, event: ClientEvent, random: Random): ClientAction {
  switch (event.type) {
    case "ready":
      if (memory.remaining === 0) return { type: "stop" };
      memory.step = 0;
      if (memory.role === "transfer" && !memory.retrying) drawTransfer(memory, random);
      return { type: "begin", isolation: memory.isolation };
    case "begun":
    case "executed":
      memory.step += 1;
      return memory.role === "total" ? readTotal(memory) : moveMoney(memory);
    case "ended":
      // The same transfer again, so that it keeps its place in line and gets through.
      memory.retrying = event.outcome === "aborted";
      if (!memory.retrying) memory.remaining -= 1;
      return { type: "pause", forUs: sample(memory.retrying ? memory.backoff : memory.think, random) };
  }
}

function drawTransfer(memory: BankMemory, random: Random): void {
  const one = 1 + randomInt(random, memory.accounts);
  const distance = 1 + randomInt(random, memory.accounts - 1);
  const other = 1 + ((one - 1 + distance) % memory.accounts);
  const ascending = memory.order === "ascending";
  memory.from = ascending ? Math.min(one, other) : one;
  memory.to = ascending ? Math.max(one, other) : other;
  memory.amount = 1 + randomInt(random, LARGEST_TRANSFER);
}

function moveMoney({ step, from, to, amount }: BankMemory): ClientAction {
  switch (step) {
    case 1:
      return changeBalance(from, -amount);
    case 2:
      return changeBalance(to, amount);
    default:
      return { type: "commit" };
  }
}

function changeBalance(key: number, add: number): ClientAction {
  const set = [{ column: "balance", add }];
  return { type: "execute", statement: { type: "update", table: TABLE.name, key, set } };
}

function readTotal({ step }: BankMemory): ClientAction {
  if (step > 1) return { type: "commit" };
  return { type: "execute", statement: { type: "select", table: TABLE.name, keys: "all" } };
}
