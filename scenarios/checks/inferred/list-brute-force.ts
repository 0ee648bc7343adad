/**
 * Levels of a handful of list-append transactions by their definitions, for tests: every order of starts and commits
 * is tried on a real store of lists. Nothing here knows of dependencies or of versions.
 *
 * - Serializable: an order of the transactions in which each, run alone, returns what it returned.
 * - SI: an order of starts and commits in which each reads what was there at its start, and no other transaction that
 *   committed between its start and its commit appended to a key that it appends to.
 */
import type { Level } from "../../levels.ts";
import type { ClientTransaction, ListStep, Scalar } from "./transactions.ts";

type Transaction = ClientTransaction<ListStep>;
type Store = ReadonlyMap<Scalar, readonly Scalar[]>;
type Tried = Extract<
  Level,
  "strict serializable" | "serializable" | "strong SI" | "strong session SI" | "GSI"
>;

/** `registers`: of a list only the last element can be read. Without transactions of unknown outcome. */
export function isPossible(transactions: readonly Transaction[], level: Tried, registers = false): boolean {
  const committed = transactions.filter(({ outcome }) => outcome === "ok");
  const tried: Trial = { transactions: committed, level, registers };
  const serial = level === "strict serializable" || level === "serializable";
  return serial ? trySerial(tried, 0, new Map()) : tryPoints(tried, 0, 0, new Map(), new Map());
}

interface Trial {
  readonly transactions: readonly Transaction[];
  readonly level: Tried;
  readonly registers: boolean;
}

/** Whether the first's commit must come before the second's start. */
function isBefore(one: Transaction, other: Transaction, level: Tried): boolean {
  if (level === "serializable" || level === "GSI" || one.completedAt >= other.invokedAt) return false;
  if (one.process === other.process || level === "strict serializable") return true;
  return level === "strong SI" && one.steps.some(({ f }) => f === "append");
}

function isDue({ level, transactions }: Trial, done: number, next: number): boolean {
  return transactions.every(
    (other, index) => (done & (1 << index)) !== 0 || !isBefore(other, transactions[next]!, level),
  );
}

function trySerial(trial: Trial, done: number, store: Store): boolean {
  const { transactions } = trial;
  if (done === (1 << transactions.length) - 1) return true;
  return transactions.some((transaction, next) => {
    if ((done & (1 << next)) !== 0 || !isDue(trial, done, next)) return false;
    const own = run(trial, transaction, store);
    return own !== null && trySerial(trial, done | (1 << next), added(store, own));
  });
}

function tryPoints(
  trial: Trial,
  started: number,
  committed: number,
  snapshots: ReadonlyMap<number, Store>,
  store: Store,
): boolean {
  const { transactions } = trial;
  if (committed === (1 << transactions.length) - 1) return true;
  return transactions.some((transaction, next) => {
    const bit = 1 << next;
    if ((committed & bit) !== 0) return false;
    if ((started & bit) === 0) {
      if (!isDue(trial, committed, next) || run(trial, transaction, store) === null) return false;
      const after = new Map(snapshots).set(next, store);
      return tryPoints(trial, started | bit, committed, after, store);
    }
    const snapshot = snapshots.get(next)!;
    const own = run(trial, transaction, snapshot)!;
    // A list that has grown since is another array.
    if ([...own.keys()].some((key) => store.get(key) !== snapshot.get(key))) return false;
    return tryPoints(trial, started, committed | bit, snapshots, added(store, own));
  });
}

/** What it appends, if its reads return what they did; else null. */
function run({ registers }: Trial, { steps }: Transaction, store: Store): Map<Scalar, Scalar[]> | null {
  const own = new Map<Scalar, Scalar[]>();
  for (const step of steps) {
    const mine = own.get(step.key) ?? [];
    if (step.f === "append") own.set(step.key, [...mine, step.value]);
    else {
      const whole = [...(store.get(step.key) ?? []), ...mine];
      const list = registers ? whole.slice(-1) : whole;
      if (list.length !== step.value!.length || list.some((value, place) => value !== step.value![place]))
        return null;
    }
  }
  return own;
}

function added(store: Store, own: ReadonlyMap<Scalar, readonly Scalar[]>): Store {
  const after = new Map(store);
  for (const [key, values] of own) after.set(key, [...(store.get(key) ?? []), ...values]);
  return after;
}
