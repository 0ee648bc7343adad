/** From list-append transactions to what they tell of the versions of their keys. */
import { type Arena, bytesIn, intsIn } from "../isolation/arena.ts";
import { createIntColumn, type IntColumn, intsOf, pushInt } from "../isolation/columns.ts";
import type { Evidence } from "../isolation/evidence.ts";
import { arenaFor, INITIAL_VERSION, type KnownVersions } from "./known-versions.ts";
import { findDirt } from "./list-dirt.ts";
import { findContradiction } from "./own-lists.ts";
import { type ClientTransaction, HistoryFault, type ListStep, type Scalar } from "./transactions.ts";

type ListTransaction = ClientTransaction<ListStep>;

/** The lists of all keys; keys and appends are numbers. */
export interface Lists {
  readonly arena: Arena;
  readonly keys: Scalar[];
  readonly numbers: Map<Scalar, number>;
  /** Of each key: its elements and the append of each, and the longest list read, with its reader. */
  readonly appendOf: Map<Scalar, number>[];
  readonly longest: (readonly Scalar[])[];
  readonly longestReader: number[];
  /** Of each append. */
  readonly appendTransaction: IntColumn;
  /** The transaction's last append to the key. */
  readonly isLast: IntColumn;
}

export function readLists(transactions: readonly ListTransaction[]): KnownVersions {
  const lists = collectLists(transactions);
  const dirt = findDirt(transactions, lists);
  const committed = committedOf(transactions, lists);
  const versions = orderVersions(transactions, lists, committed);
  const reads = readVersions(transactions, lists, committed, versions);
  const { ofAppend, ...known } = versions;
  return {
    arena: lists.arena,
    keys: lists.keys,
    committed,
    ...known,
    ...reads,
    replacesParent: findReplacements(lists.arena, known, reads),
    dirt,
    internal: findInternal(transactions),
  };
}

function collectLists(transactions: readonly ListTransaction[]): Lists {
  const arena = arenaFor(transactions);
  const appends = countAppends(transactions);
  const lists: Lists = {
    arena,
    keys: [],
    numbers: new Map(),
    appendOf: [],
    longest: [],
    longestReader: [],
    appendTransaction: createIntColumn(intsIn(arena, appends)),
    isLast: createIntColumn(intsIn(arena, appends)),
  };
  for (let index = 0; index < transactions.length; index++) {
    const { outcome, steps } = transactions[index]!;
    for (let place = 0; place < steps.length; place++) {
      const step = steps[place]!;
      const key = keyIn(lists, step.key);
      if (step.f === "append") addAppend(lists, key, step.value, steps, index, place);
      else if (outcome === "ok" && step.value !== null && step.value.length > lists.longest[key]!.length) {
        lists.longest[key] = step.value;
        lists.longestReader[key] = index;
      }
    }
  }
  return lists;
}

function countAppends(transactions: readonly ListTransaction[]): number {
  let appends = 0;
  for (let index = 0; index < transactions.length; index++) {
    const { steps } = transactions[index]!;
    for (let place = 0; place < steps.length; place++) if (steps[place]!.f === "append") appends += 1;
  }
  return appends;
}

function keyIn(lists: Lists, key: Scalar): number {
  const known = lists.numbers.get(key);
  if (known !== undefined) return known;
  const number = lists.keys.length;
  lists.numbers.set(key, number);
  lists.keys.push(key);
  lists.appendOf.push(new Map());
  lists.longest.push([]);
  lists.longestReader.push(-1);
  return number;
}

function addAppend(
  lists: Lists,
  key: number,
  value: Scalar,
  steps: readonly ListStep[],
  index: number,
  place: number,
): void {
  const appends = lists.appendOf[key]!;
  if (appends.has(value)) {
    const text = `${JSON.stringify(value)} is appended twice to key ${JSON.stringify(lists.keys[key])}`;
    throw new HistoryFault(text, index, place);
  }
  appends.set(value, lists.appendTransaction.length);
  pushInt(lists.appendTransaction, index);
  const own = steps[place]!.key;
  let isLast = 1;
  for (let later = place + 1; later < steps.length; later++) {
    if (steps[later]!.f === "append" && steps[later]!.key === own) isLast = 0;
  }
  pushInt(lists.isLast, isLast);
}

/** Those that were acknowledged, and those of unknown outcome of which somebody read an element. */
function committedOf(transactions: readonly ListTransaction[], lists: Lists): Int32Array {
  const isCommitted = bytesIn(lists.arena, transactions.length);
  lists.longest.forEach((values, key) => {
    for (const value of values) {
      const append = lists.appendOf[key]!.get(value);
      if (append !== undefined) isCommitted[lists.appendTransaction.values[append]!] = 1;
    }
  });
  const committed = createIntColumn(intsIn(lists.arena, transactions.length));
  transactions.forEach(({ outcome }, index) => {
    if (outcome === "ok" || (outcome === "info" && isCommitted[index] === 1)) pushInt(committed, index);
  });
  return intsOf(committed);
}

interface Versions {
  readonly versionUnit: Int32Array;
  readonly versionKey: Int32Array;
  readonly parent: Int32Array;
  /** For each append its version: that which its transaction left; -1 if it did not commit. */
  readonly ofAppend: Int32Array;
}

/** The longest list of a key is a chain; what nobody read are children of its end. */
function orderVersions(
  transactions: readonly ListTransaction[],
  lists: Lists,
  committed: Int32Array,
): Versions {
  const { appendOf, appendTransaction, arena, isLast, longest } = lists;
  const unitOf = intsIn(arena, transactions.length).fill(-1);
  committed.forEach((transaction, unit) => {
    unitOf[transaction] = unit;
  });
  const versionUnit = createIntColumn(intsIn(arena, appendTransaction.length));
  const versionKey = createIntColumn(intsIn(arena, appendTransaction.length));
  const parent = createIntColumn(intsIn(arena, appendTransaction.length));
  const ofAppend = intsIn(arena, appendTransaction.length).fill(-1);
  const add = (append: number, key: number, before: number): number => {
    const unit = unitOf[appendTransaction.values[append]!]!;
    if (unit < 0 || isLast.values[append] === 0) return before;
    const version = versionUnit.length;
    pushInt(versionUnit, unit);
    pushInt(versionKey, key);
    pushInt(parent, before);
    ofAppend[append] = version;
    return version;
  };
  for (let key = 0; key < longest.length; key++) {
    const appends = appendOf[key]!;
    let last = INITIAL_VERSION;
    for (const value of longest[key]!) {
      const append = appends.get(value);
      if (append !== undefined && ofAppend[append] === -1) last = add(append, key, last);
    }
    for (const append of appends.values()) {
      if (ofAppend[append] === -1) add(append, key, last);
    }
  }
  return {
    versionUnit: intsOf(versionUnit),
    versionKey: intsOf(versionKey),
    parent: intsOf(parent),
    ofAppend,
  };
}

type Reads = Pick<KnownVersions, "readStart" | "readKey" | "readVersion">;

/** The first step of a transaction at a key, if that is a read: later ones see its own appends, or the same. */
function readVersions(
  transactions: readonly ListTransaction[],
  lists: Lists,
  committed: Int32Array,
  { ofAppend, versionUnit }: Versions,
): Reads {
  const readStart = intsIn(lists.arena, committed.length + 1);
  const readKey = createIntColumn();
  const readVersion = createIntColumn();
  committed.forEach((transaction, unit) => {
    const { outcome, steps } = transactions[transaction]!;
    for (let place = 0; outcome === "ok" && place < steps.length; place++) {
      const step = steps[place]!;
      if (step.f !== "r" || step.value === null || !isFirst(steps, place)) continue;
      const key = lists.numbers.get(step.key)!;
      const version = versionRead(lists, ofAppend, key, step.value);
      // A read of what the transaction appends only later is a contradiction of its own.
      if (version === null || (version >= 0 && versionUnit[version] === unit)) continue;
      pushInt(readKey, key);
      pushInt(readVersion, version);
    }
    readStart[unit + 1] = readKey.length;
  });
  return { readStart, readKey: intsOf(readKey), readVersion: intsOf(readVersion) };
}

function isFirst(steps: readonly ListStep[], place: number): boolean {
  const { key } = steps[place]!;
  for (let earlier = 0; earlier < place; earlier++) {
    if (steps[earlier]!.key === key) return false;
  }
  return true;
}

/** Null if no committed transaction left this list. */
function versionRead(
  lists: Lists,
  ofAppend: Int32Array,
  key: number,
  values: readonly Scalar[],
): number | null {
  if (values.length === 0) return INITIAL_VERSION;
  const append = lists.appendOf[key]!.get(values[values.length - 1]!);
  if (append === undefined || ofAppend[append]! < 0) return null;
  return ofAppend[append]!;
}

/** Of each version, whether its writer read the parent. */
function findReplacements(
  arena: Arena,
  { parent, versionKey, versionUnit }: Pick<KnownVersions, "parent" | "versionKey" | "versionUnit">,
  { readKey, readStart, readVersion }: Reads,
): Uint8Array {
  const replaces = bytesIn(arena, parent.length);
  for (let version = 0; version < parent.length; version++) {
    const unit = versionUnit[version]!;
    for (let read = readStart[unit]!; read < readStart[unit + 1]!; read++) {
      if (readKey[read] === versionKey[version] && readVersion[read] === parent[version])
        replaces[version] = 1;
    }
  }
  return replaces;
}

function findInternal(transactions: readonly ListTransaction[]): Evidence | null {
  for (let index = 0; index < transactions.length; index++) {
    if (transactions[index]!.outcome !== "ok") continue;
    const contradiction = findContradiction(transactions, index);
    if (contradiction !== null) return contradiction;
  }
  return null;
}
