/** From register transactions to what they tell of the versions of their keys. */
import { type Arena, bytesIn, intsIn } from "../isolation/arena.ts";
import { createIntColumn, type IntColumn, intsOf, pushInt } from "../isolation/columns.ts";
import type { Evidence } from "../isolation/evidence.ts";
import { arenaFor, INITIAL_VERSION, type KnownVersions } from "./known-versions.ts";
import { beginStory, nameTransaction, showKey, showScalar, tell } from "./narration.ts";
import { type ClientTransaction, HistoryFault, type RegisterStep, type Scalar } from "./transactions.ts";

type RegisterTransaction = ClientTransaction<RegisterStep>;

/** All writes of all keys; keys and writes are numbers. */
interface Registers {
  readonly arena: Arena;
  readonly transactions: readonly RegisterTransaction[];
  readonly keys: Scalar[];
  readonly numbers: Map<Scalar, number>;
  /** Of each key, the write of each value. */
  readonly writeOf: Map<Scalar, number>[];
  readonly writeTransaction: IntColumn;
  readonly isLast: IntColumn;
}

export function readRegisters(transactions: readonly RegisterTransaction[]): KnownVersions {
  const registers = collectWrites(transactions);
  const { arena } = registers;
  const committed = committedOf(registers);
  const { ofWrite, versionKey, versionUnit } = numberVersions(registers, committed);
  const reads = readVersions(registers, committed, ofWrite, versionUnit);
  const { parent, replacesParent } = findParents(arena, versionKey, versionUnit, reads);
  const dirt = findDirt(registers);
  const internal = findInternal(registers);
  const { keys } = registers;
  return {
    arena,
    keys,
    committed,
    versionUnit,
    versionKey,
    parent,
    replacesParent,
    ...reads,
    dirt,
    internal,
  };
}

function collectWrites(transactions: readonly RegisterTransaction[]): Registers {
  const registers: Registers = {
    arena: arenaFor(transactions),
    transactions,
    keys: [],
    numbers: new Map(),
    writeOf: [],
    writeTransaction: createIntColumn(),
    isLast: createIntColumn(),
  };
  for (let index = 0; index < transactions.length; index++) {
    const { steps } = transactions[index]!;
    for (let place = 0; place < steps.length; place++) {
      const step = steps[place]!;
      const key = keyIn(registers, step.key);
      if (step.f === "w") addWrite(registers, key, steps, index, place);
    }
  }
  return registers;
}

function keyIn({ keys, numbers, writeOf }: Registers, key: Scalar): number {
  const known = numbers.get(key);
  if (known !== undefined) return known;
  numbers.set(key, keys.length);
  keys.push(key);
  writeOf.push(new Map());
  return keys.length - 1;
}

function addWrite(
  { keys, isLast, writeOf, writeTransaction }: Registers,
  key: number,
  steps: readonly RegisterStep[],
  index: number,
  place: number,
): void {
  const { value } = steps[place]!;
  const writes = writeOf[key]!;
  if (writes.has(value)) {
    const text = `${JSON.stringify(value)} is written twice to key ${JSON.stringify(keys[key])}`;
    throw new HistoryFault(text, index, place);
  }
  writes.set(value, writeTransaction.length);
  pushInt(writeTransaction, index);
  const isOverwritten = steps.some(
    ({ f, key: other }, later) => later > place && f === "w" && other === steps[place]!.key,
  );
  pushInt(isLast, isOverwritten ? 0 : 1);
}

/** Those that were acknowledged, and those of unknown outcome of which somebody else read a write. */
function committedOf({ arena, numbers, transactions, writeOf, writeTransaction }: Registers): Int32Array {
  const isSeen = bytesIn(arena, transactions.length);
  for (const { outcome, steps } of transactions) {
    for (const { f, key, value } of outcome === "ok" ? steps : []) {
      const write = f === "r" ? writeOf[numbers.get(key)!]!.get(value) : undefined;
      if (write !== undefined) isSeen[writeTransaction.values[write]!] = 1;
    }
  }
  const committed = createIntColumn();
  transactions.forEach(({ outcome }, index) => {
    if (outcome === "ok" || (outcome === "info" && isSeen[index] === 1)) pushInt(committed, index);
  });
  return intsOf(committed);
}

interface Versions {
  /** For each write its version; -1 if its transaction did not commit or wrote the key again. */
  readonly ofWrite: Int32Array;
  readonly versionKey: Int32Array;
  readonly versionUnit: Int32Array;
}

function numberVersions(registers: Registers, committed: Int32Array): Versions {
  const { arena, isLast, transactions, writeOf, writeTransaction } = registers;
  const unitOf = intsIn(arena, transactions.length).fill(-1);
  committed.forEach((transaction, unit) => {
    unitOf[transaction] = unit;
  });
  const ofWrite = intsIn(arena, writeTransaction.length).fill(-1);
  const versionKey = createIntColumn();
  const versionUnit = createIntColumn();
  writeOf.forEach((writes, key) => {
    for (const write of writes.values()) {
      const unit = unitOf[writeTransaction.values[write]!]!;
      if (unit < 0 || isLast.values[write] === 0) continue;
      ofWrite[write] = versionKey.length;
      pushInt(versionKey, key);
      pushInt(versionUnit, unit);
    }
  });
  return { ofWrite, versionKey: intsOf(versionKey), versionUnit: intsOf(versionUnit) };
}

type Reads = Pick<KnownVersions, "readStart" | "readKey" | "readVersion">;

/** The first step of a transaction at a key, if that is a read. */
function readVersions(
  { arena, numbers, transactions, writeOf }: Registers,
  committed: Int32Array,
  ofWrite: Int32Array,
  versionUnit: Int32Array,
): Reads {
  const readStart = intsIn(arena, committed.length + 1);
  const readKey = createIntColumn();
  const readVersion = createIntColumn();
  committed.forEach((transaction, unit) => {
    const { outcome, steps } = transactions[transaction]!;
    for (let place = 0; outcome === "ok" && place < steps.length; place++) {
      const { f, key: name, value } = steps[place]!;
      if (f !== "r" || lastAt(steps, place) !== undefined) continue;
      const key = numbers.get(name)!;
      const write = value === null ? undefined : writeOf[key]!.get(value);
      const version = value === null ? INITIAL_VERSION : write === undefined ? -2 : ofWrite[write]!;
      if (value !== null && (version < 0 || versionUnit[version] === unit)) continue;
      pushInt(readKey, key);
      pushInt(readVersion, version);
    }
    readStart[unit + 1] = readKey.length;
  });
  return { readStart, readKey: intsOf(readKey), readVersion: intsOf(readVersion) };
}

/** The transaction's last step at the same key before this one. */
function lastAt(steps: readonly RegisterStep[], place: number): RegisterStep | undefined {
  for (let earlier = place - 1; earlier >= 0; earlier--) {
    if (steps[earlier]!.key === steps[place]!.key) return steps[earlier];
  }
  return undefined;
}

/** What the writer read of the key, or the initial version. */
function findParents(
  arena: Arena,
  versionKey: Int32Array,
  versionUnit: Int32Array,
  { readKey, readStart, readVersion }: Reads,
): Pick<KnownVersions, "parent" | "replacesParent"> {
  const parent = intsIn(arena, versionKey.length).fill(INITIAL_VERSION);
  const replacesParent = bytesIn(arena, versionKey.length);
  for (let version = 0; version < versionKey.length; version++) {
    const unit = versionUnit[version]!;
    for (let read = readStart[unit]!; read < readStart[unit + 1]!; read++) {
      if (readKey[read] !== versionKey[version]) continue;
      parent[version] = readVersion[read]!;
      replacesParent[version] = 1;
    }
  }
  return { parent, replacesParent };
}

const ORDER = ["garbage read", "aborted read", "intermediate read"] as const;

/** The first of each kind. */
function findDirt({ isLast, numbers, transactions, writeOf, writeTransaction }: Registers): Evidence[] {
  const found = new Map<string, Evidence>();
  const note = (kind: (typeof ORDER)[number], sentences: () => string[], involved: number[]): void => {
    if (!found.has(kind)) found.set(kind, tell(kind, sentences(), involved));
  };
  for (let reader = 0; reader < transactions.length; reader++) {
    const { outcome, steps } = transactions[reader]!;
    for (const { f, key: name, value } of outcome === "ok" ? steps : []) {
      if (f !== "r" || value === null) continue;
      const key = showKey(name);
      const shown = showScalar(value);
      const write = writeOf[numbers.get(name)!]!.get(value);
      const story = beginStory(transactions);
      const who = (index: number) => nameTransaction(story, index);
      if (write === undefined) {
        note("garbage read", () => [`${who(reader)} read ${key} as ${shown}, which nobody wrote.`], [reader]);
        continue;
      }
      const writer = writeTransaction.values[write]!;
      const sentences = (after: string) => () => [
        `${who(writer)} wrote ${shown} to ${key}, and ${after}.`,
        `${who(reader)} read it nevertheless.`,
      ];
      if (transactions[writer]!.outcome === "fail")
        note("aborted read", sentences("failed"), [writer, reader]);
      else if (writer !== reader && isLast.values[write] === 0) {
        note("intermediate read", sentences("then wrote it again"), [writer, reader]);
      }
    }
  }
  return ORDER.flatMap((kind) => found.get(kind) ?? []);
}

/** A transaction that read another value than it wrote or read before, or what it wrote only later. */
function findInternal({ transactions }: Registers): Evidence | null {
  for (let index = 0; index < transactions.length; index++) {
    const { outcome, steps } = transactions[index]!;
    for (let place = 0; outcome === "ok" && place < steps.length; place++) {
      const { f, key, value } = steps[place]!;
      if (f !== "r") continue;
      const before = lastAt(steps, place);
      const isEarly = steps.some(
        (step, later) => later > place && step.f === "w" && step.key === key && step.value === value,
      );
      if ((before === undefined || before.value === value) && !isEarly) continue;
      const name = nameTransaction(beginStory(transactions), index);
      const why = isEarly
        ? "which it wrote only then"
        : `after it had ${before!.f === "w" ? "written" : "read"} ${showScalar(before!.value)}`;
      const sentence = `${name} read ${showKey(key)} as ${showScalar(value)}, ${why}.`;
      return tell("internal inconsistency", [sentence], [index]);
    }
  }
  return null;
}
