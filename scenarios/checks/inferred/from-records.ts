/**
 * A run's history in the form of a list-append history: each row is a key, the version that a transaction left is an
 * element, and to read a row is to read the elements up to its version. So what a world's servers told of versions
 * can be judged by a checker that knows of no server, ours or another's.
 *
 * Deletions leave a version like any other change. That a row was not found is not told, for it does not say which
 * version was missed.
 */
import type { Csn } from "../../../protocol/csn.ts";
import { keyColumnOf, type TableDefinition } from "../../../protocol/database.ts";
import { type Gid, showGid } from "../../../protocol/gid.ts";
import type { RowHistory, RowOperation, RowTransaction } from "../../history.ts";
import { ascending } from "../isolation/ascending.ts";
import { showItem } from "../isolation/items.ts";
import { committedTransactions } from "../isolation/transactions.ts";
import type { CommittedTransactions } from "../isolation/units.ts";
import { NONE, orderVersions, type VersionOrder } from "../isolation/versions.ts";
import type { ClientTransaction, ListStep, Outcome } from "./transactions.ts";

/**
 * In order of invocation. Null if the history has no such form: a version was read whose transaction the history
 * lacks. Where two transactions replaced the same version, lists part there, and neither shows the other's element.
 */
export function listAppendOf(
  history: RowHistory,
  tables: readonly TableDefinition[],
  committed: ReadonlyMap<Gid, Csn>,
): ClientTransaction<ListStep>[] | null {
  const units = committedTransactions(history, tables, committed);
  const versions = orderVersions(units);
  if (units.unrecorded > 0) return null;
  const chains = chainsOf(units, versions);
  const places = placesOf(history);
  return history.transactions.map((record, index) => ({
    process: record.session,
    outcome: OUTCOMES[record.outcome],
    invokedAt: places[2 * index]!,
    completedAt: OUTCOMES[record.outcome] === "info" ? Number.POSITIVE_INFINITY : places[2 * index + 1]!,
    steps: stepsOf(record, tables, chains),
  }));
}

/** A row's versions in their order, and those that left it. */
interface Chain {
  readonly elements: string[];
  /** How many elements a list has that ends with this version. */
  readonly placeOf: Map<Gid, number>;
  /** The whole list that ends with a version that is not in the order. */
  readonly branches: Map<Gid, string[]>;
}

/** By name of the row. */
function chainsOf(units: CommittedTransactions, versions: VersionOrder): Map<string, Chain> {
  const chains: Chain[] = [];
  for (let item = 0; item < versions.first.length; item++) {
    const chain: Chain = { elements: [], placeOf: new Map(), branches: new Map() };
    for (let slot = versions.first[item]!; slot !== NONE; slot = versions.next[slot]!) {
      const gid = units.gid[units.writeUnit[slot]!]!;
      chain.elements.push(showGid(gid));
      chain.placeOf.set(gid, chain.elements.length);
    }
    chains.push(chain);
  }
  if (versions.fork !== null) {
    for (let slot = 0; slot < units.writeItem.length; slot++) addBranch(units, versions, chains, slot);
  }
  return new Map(chains.map((chain, item) => [showItem(units.items, item), chain]));
}

/** Back from the version to one that is in the order, or to the initial one; versions in a circle have no list. */
function addBranch(
  units: CommittedTransactions,
  { previous }: VersionOrder,
  chains: readonly Chain[],
  slot: number,
): void {
  const { branches, elements, placeOf } = chains[units.writeItem[slot]!]!;
  const gidOf = (version: number): Gid => units.gid[units.writeUnit[version]!]!;
  const path: number[] = [];
  let at = slot;
  while (at >= 0 && !placeOf.has(gidOf(at))) {
    if (path.includes(at)) return;
    path.unshift(at);
    at = previous[at]!;
  }
  if (path.length === 0) return;
  const before = at < 0 ? [] : elements.slice(0, placeOf.get(gidOf(at)));
  branches.set(gidOf(slot), [...before, ...path.map((version) => showGid(gidOf(version)))]);
}

const OUTCOMES: Readonly<Record<RowTransaction["outcome"], Outcome>> = {
  open: "info",
  committed: "ok",
  aborted: "fail",
  unknown: "info",
};

/**
 * Of each transaction the places of its begin and of its end. At one moment begins come in order of the records, and
 * ends after them, to order nothing; but an end comes before what its session began next.
 */
function placesOf({ transactions }: RowHistory): Int32Array {
  const count = transactions.length;
  const last = transactions.reduce((latest, { beganAt, endedAt }) => Math.max(latest, beganAt, endedAt), 0);
  const keys = new Float64Array(2 * count);
  const next = new Map<number, number>();
  for (let index = count - 1; index >= 0; index--) {
    const { beganAt, endedAt, session } = transactions[index]!;
    const follower = next.get(session) ?? -1;
    const isFollowed = follower >= 0 && transactions[follower]!.beganAt === endedAt;
    const end = endedAt < 0 ? last + 1 : endedAt;
    keys[2 * index] = beganAt * (2 * count + 1) + 2 * index + 1;
    keys[2 * index + 1] = end * (2 * count + 1) + (isFollowed ? 2 * follower : 2 * count);
    next.set(session, index);
  }
  const places = new Int32Array(2 * count);
  ascending(keys).forEach((event, place) => {
    places[event] = place;
  });
  return places;
}

/** A row that is changed more than once is appended to once: nobody else sees the states between. */
function stepsOf(
  record: RowTransaction,
  tables: readonly TableDefinition[],
  chains: ReadonlyMap<string, Chain>,
): ListStep[] {
  const steps: ListStep[] = [];
  const changed = new Set<string>();
  for (const operation of record.operations) {
    const { result, statement } = operation;
    if (result === null) continue;
    if (statement.type === "select") {
      for (const read of readsOf(operation, tables, chains)) {
        if (!changed.has(read.key as string)) steps.push(read);
      }
      continue;
    }
    if (result.count === 0) continue;
    const definition = tables.find(({ name }) => name === statement.table)!;
    const id = statement.type === "insert" ? statement.row[keyColumnOf(definition)] : statement.key;
    const key = `${statement.table}/${id}`;
    if (changed.has(key)) continue;
    changed.add(key);
    steps.push({ f: "append", key, value: record.gid === 0 ? `aborted ${record.id}` : showGid(record.gid) });
  }
  return steps;
}

function readsOf(
  { result, statement }: RowOperation,
  tables: readonly TableDefinition[],
  chains: ReadonlyMap<string, Chain>,
): Extract<ListStep, { f: "r" }>[] {
  const definition = tables.find(({ name }) => name === statement.table)!;
  const column = keyColumnOf(definition);
  return result!.rows.map((row, place) => {
    const key = `${statement.table}/${row[column]}`;
    const version = result!.versions[place]!;
    return { f: "r", key, value: version === 0 ? [] : listUpTo(chains.get(key), version) };
  });
}

function listUpTo(chain: Chain | undefined, version: Gid): string[] {
  const length = chain?.placeOf.get(version);
  if (length !== undefined) return chain!.elements.slice(0, length);
  return chain?.branches.get(version) ?? [showGid(version)];
}
