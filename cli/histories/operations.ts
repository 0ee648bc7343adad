/**
 * From the operations of a history to its transactions: what Jepsen calls pairing. An operation is a map with `type`
 * (invoke, ok, fail, info), `process` and `value`, and perhaps `f` (txn), `index` and `time`. Operations of anything
 * but a numbered process, a nemesis for one, are passed over.
 */
import type {
  ClientTransaction,
  ListStep,
  RegisterStep,
} from "../../scenarios/checks/inferred/transactions.ts";
import type { Take } from "./reading.ts";
import { failAt, type Source } from "./source.ts";
import { createSteps, readSteps, type Steps } from "./steps.ts";
import { fieldOf, isMap, type Tree, type TreeMap } from "./tree.ts";

type AnyStep = ListStep | RegisterStep;
export type AnyTransaction = ClientTransaction<AnyStep>;

export interface PairedHistory {
  readonly kind: "list-append" | "rw-register";
  /** In order of invocation. */
  readonly transactions: readonly AnyTransaction[];
  /** Where the operation stands that says what each did. */
  readonly places: readonly number[];
}

interface Pairing {
  readonly source: Source;
  readonly steps: Steps;
  readonly transactions: Mutable<AnyTransaction>[];
  readonly places: number[];
  /** Of each process, its transaction that is under way. */
  readonly pending: Map<number, number>;
  operations: number;
  lastIndex: number;
}

type Mutable<Type> = { -readonly [Field in keyof Type]: Type[Field] };

/** `read` hands over one operation after the other. Throws UserError. */
export function pairOperations(source: Source, read: (take: Take) => void): PairedHistory {
  const pairing: Pairing = {
    source,
    steps: createSteps(),
    transactions: [],
    places: [],
    pending: new Map(),
    operations: 0,
    lastIndex: -1,
  };
  read((tree, at) => takeOperation(pairing, tree, at));
  const { places, steps, transactions } = pairing;
  if (transactions.length === 0) failAt(source, 0, "there is no transaction in this history");
  const kind = steps.kind ?? "list-append";
  if (kind === "list-append") for (const transaction of transactions) fillEmptyLists(transaction);
  return { kind, transactions, places };
}

function takeOperation(pairing: Pairing, tree: Tree, at: number): void {
  const { source } = pairing;
  const position = pairing.operations++;
  if (!isMap(tree)) failAt(source, at, `operation ${position} is not a map`);
  const index = indexOf(source, tree, position);
  if (index <= pairing.lastIndex) {
    const before = pairing.lastIndex;
    failAt(source, at, `index ${index} comes after index ${before}: it is there twice, or out of order`);
  }
  pairing.lastIndex = index;
  const process = fieldOf(tree, "process");
  const type = typeOf(source, tree);
  if (typeof process === "string") return;
  if (typeof process !== "number" || !Number.isInteger(process)) {
    failAt(source, at, "an operation without a process");
  }
  assertTransaction(source, tree);
  if (type === "invoke") invoke(pairing, tree, process, index);
  else complete(pairing, tree, process, index, type);
}

function invoke(pairing: Pairing, operation: TreeMap, process: number, index: number): void {
  const { at } = operation;
  const { pending, places, source, steps, transactions } = pairing;
  const open = pending.get(process);
  if (open !== undefined) {
    const { invokedAt } = transactions[open]!;
    failAt(source, at, `process ${process} begins a transaction within the one of index ${invokedAt}`);
  }
  const value = fieldOf(operation, "value") ?? null;
  pending.set(process, transactions.length);
  places.push(at);
  transactions.push({
    process,
    outcome: "info",
    invokedAt: index,
    completedAt: Number.POSITIVE_INFINITY,
    steps: value === null ? [] : readSteps(source, steps, value, at, "asked"),
  });
}

function complete(
  pairing: Pairing,
  operation: TreeMap,
  process: number,
  index: number,
  type: "ok" | "fail" | "info",
): void {
  const { at } = operation;
  const { pending, places, source, steps, transactions } = pairing;
  const open = pending.get(process);
  if (open === undefined) {
    failAt(source, at, `process ${process} completes a transaction (${type}) that it never invoked`);
  }
  pending.delete(process);
  const transaction = transactions[open]!;
  transaction.outcome = type;
  if (type === "info") return;
  transaction.completedAt = index;
  if (type === "fail") return;
  const value = fieldOf(operation, "value") ?? null;
  if (value === null) failAt(source, at, "an ok transaction without a value");
  const told = readSteps(source, steps, value, at, "told");
  if (transaction.steps.length > 0) assertSame(source, transaction.steps, told, at);
  transaction.steps = told;
  places[open] = at;
}

/** A list that nobody has appended to is nil. */
function fillEmptyLists(transaction: Mutable<AnyTransaction>): void {
  if (transaction.outcome !== "ok") return;
  const isNil = ({ f, value }: AnyStep) => f === "r" && value === null;
  if (!transaction.steps.some(isNil)) return;
  transaction.steps = transaction.steps.map(
    (step): AnyStep => (isNil(step) ? { f: "r", key: step.key, value: [] } : step),
  );
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

function indexOf(source: Source, operation: TreeMap, position: number): number {
  const index = fieldOf(operation, "index");
  if (index === undefined || index === null) return position;
  if (typeof index === "number" && Number.isInteger(index) && index >= 0) return index;
  return failAt(source, operation.at, `${JSON.stringify(index)} is not an index`);
}

const TYPES = ["invoke", "ok", "fail", "info"] as const;

function typeOf(source: Source, operation: TreeMap): (typeof TYPES)[number] {
  const type = fieldOf(operation, "type");
  const known = TYPES.find((name) => name === type);
  if (known !== undefined) return known;
  const found = type === undefined ? "no type" : `type ${JSON.stringify(type)}`;
  return failAt(source, operation.at, `an operation has ${found}; expected invoke, ok, fail or info`);
}

function assertTransaction(source: Source, operation: TreeMap): void {
  const f = fieldOf(operation, "f");
  if (f === undefined || f === null || f === "txn") return;
  failAt(
    source,
    operation.at,
    `unknown operation ${JSON.stringify(f)}; list-append and register histories have txn`,
  );
}
