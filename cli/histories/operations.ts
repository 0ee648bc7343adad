/**
 * From the operations of a history to its transactions: what Jepsen calls pairing. An operation is a map with `type`
 * (invoke, ok, fail, info), `process` and `value`, and perhaps `f` (txn), `index` and `time`. Operations of anything
 * but a numbered process, a nemesis for one, are passed over.
 */
import type {
  ClientTransaction,
  ListStep,
  RegisterStep,
} from "../../scenarios/checks/list-append/transactions.ts";
import { failAt, type Source } from "./source.ts";
import { createSteps, readSteps, type Steps } from "./steps.ts";
import { isList, isMap, type Tree, type TreeMap } from "./tree.ts";

type AnyStep = ListStep | RegisterStep;
export type AnyTransaction = ClientTransaction<AnyStep>;

export interface ReadHistory {
  readonly kind: "list-append" | "rw-register";
  /** In order of invocation. */
  readonly transactions: readonly AnyTransaction[];
  /** Where the operation that says what each did stands in the text, and each of its steps. */
  readonly places: readonly TreePlaces[];
}

interface TreePlaces {
  readonly at: number;
  readonly steps: readonly number[];
}

interface Open {
  readonly at: number;
  readonly invokedAt: number;
  readonly process: number;
  readonly value: Tree;
  completedAt: number;
  outcome: "ok" | "fail" | "info";
  completion: Tree;
  completionAt: number;
}

/** Throws UserError. */
export function readOperations(source: Source, trees: readonly Tree[]): ReadHistory {
  const [only] = trees;
  const operations = trees.length === 1 && isList(only) ? only.items : trees;
  const transactions = pair(source, operations);
  if (transactions.length === 0) failAt(source, 0, "there is no transaction in this history");
  const steps = createSteps();
  const places: TreePlaces[] = [];
  const read = transactions.map((open): AnyTransaction => {
    const { completedAt, invokedAt, outcome, process } = open;
    const told = stepsOf(source, steps, open);
    places.push({ at: told.at, steps: told.places });
    return { process, outcome, invokedAt, completedAt, steps: told.steps };
  });
  if (steps.kind === "rw-register") return { kind: steps.kind, transactions: read, places };
  return { kind: "list-append", transactions: read.map(withEmptyLists), places };
}

/** A list that nobody has appended to is nil. */
function withEmptyLists(transaction: AnyTransaction): AnyTransaction {
  if (transaction.outcome !== "ok") return transaction;
  const isNil = ({ f, value }: AnyStep) => f === "r" && value === null;
  if (!transaction.steps.some(isNil)) return transaction;
  const steps = transaction.steps.map(
    (step): AnyStep => (isNil(step) ? { f: "r", key: step.key, value: [] } : step),
  );
  return { ...transaction, steps };
}

function stepsOf(
  source: Source,
  steps: Steps,
  open: Open,
): { steps: readonly AnyStep[]; places: readonly number[]; at: number } {
  const asked = open.value === null ? null : readSteps(source, steps, open.value, open.at, "asked");
  if (open.outcome !== "ok") return { ...(asked ?? { steps: [], places: [] }), at: open.at };
  const { completion, completionAt: at } = open;
  if (completion === null) failAt(source, at, "an ok transaction without a value");
  const told = readSteps(source, steps, completion, at, "told");
  if (asked !== null) assertSame(source, asked.steps, told.steps, at);
  return { ...told, at };
}

function assertSame(source: Source, asked: readonly AnyStep[], told: readonly AnyStep[], at: number): void {
  const isSame =
    asked.length === told.length &&
    asked.every((step, place) => {
      const other = told[place]!;
      return step.f === other.f && step.key === other.key && (step.f === "r" || step.value === other.value);
    });
  if (!isSame) failAt(source, at, "this completion has other operations than its invocation");
}

function pair(source: Source, operations: readonly Tree[]): Open[] {
  const transactions: Open[] = [];
  const pending = new Map<number, Open>();
  let last = -1;
  for (let position = 0; position < operations.length; position++) {
    const operation = operations[position];
    if (!isMap(operation))
      failAt(source, positionOf(operations, position), `operation ${position} is not a map`);
    const index = indexOf(source, operation, position);
    if (index <= last) {
      failAt(
        source,
        operation.at,
        `index ${index} comes after index ${last}: it is there twice, or out of order`,
      );
    }
    last = index;
    const process = operation.entries.get("process");
    const type = typeOf(source, operation);
    if (typeof process === "string") continue;
    if (typeof process !== "number" || !Number.isInteger(process)) {
      failAt(source, operation.at, "an operation without a process");
    }
    assertTransaction(source, operation);
    const value = operation.entries.get("value") ?? null;
    const open = pending.get(process);
    if (type === "invoke") {
      if (open !== undefined) {
        failAt(
          source,
          operation.at,
          `process ${process} begins a transaction within the one of index ${open.invokedAt}`,
        );
      }
      const opened: Open = {
        at: operation.at,
        invokedAt: index,
        process,
        value,
        completedAt: Number.POSITIVE_INFINITY,
        outcome: "info",
        completion: null,
        completionAt: operation.at,
      };
      pending.set(process, opened);
      transactions.push(opened);
      continue;
    }
    if (open === undefined) {
      failAt(
        source,
        operation.at,
        `process ${process} completes a transaction (${type}) that it never invoked`,
      );
    }
    pending.delete(process);
    open.outcome = type;
    open.completion = value;
    open.completionAt = operation.at;
    if (type !== "info") open.completedAt = index;
  }
  return transactions;
}

/** The nearest place that is known of what is no map. */
function positionOf(operations: readonly Tree[], position: number): number {
  for (let nearest = position; nearest >= 0; nearest--) {
    const tree = operations[nearest];
    if (typeof tree === "object" && tree !== null && tree !== undefined) return tree.at;
  }
  return 0;
}

function indexOf(source: Source, { at, entries }: TreeMap, position: number): number {
  const index = entries.get("index");
  if (index === undefined || index === null) return position;
  if (typeof index === "number" && Number.isInteger(index) && index >= 0) return index;
  return failAt(source, at, `${JSON.stringify(index)} is not an index`);
}

const TYPES = ["invoke", "ok", "fail", "info"] as const;

function typeOf(source: Source, { at, entries }: TreeMap): (typeof TYPES)[number] {
  const type = entries.get("type");
  const known = TYPES.find((name) => name === type);
  if (known !== undefined) return known;
  const found = type === undefined ? "no type" : `type ${JSON.stringify(type)}`;
  return failAt(source, at, `an operation has ${found}; expected invoke, ok, fail or info`);
}

function assertTransaction(source: Source, { at, entries }: TreeMap): void {
  const f = entries.get("f");
  if (f === undefined || f === null || f === "txn") return;
  failAt(source, at, `unknown operation ${JSON.stringify(f)}; list-append and register histories have txn`);
}
