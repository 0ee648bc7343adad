/**
 * Parallel snapshot isolation (Sovran et al., "Transactional Storage for Geo-replicated Systems", SOSP 2011), in the
 * form of Cerone and Gotsman (theory 4.1): with D = SO u WR u WW, D is acyclic and no RW edge A -> B is closed by a
 * path of D from B to A. Complete: every RW edge is decided.
 *
 * Only an edge whose B comes before A in a topological order of D can be closed, and only by units between the two.
 * The order is close to time, so these are the stale reads, and the stretch between is as long as they are stale.
 * For them it must be known whether B reaches A. The writers of one session are a chain of D: of all of them that
 * reach A it is enough to know the last. So along each stretch the last writer of each session that reaches a unit
 * is carried on, for sixteen sessions at a time (a cache line), and only where some edge to one of these is in
 * question. A writer that has no successor in its session is a chain of its own.
 *
 * Cost: O(V + E), and for each sixteen sessions sixteen comparisons an edge of the stretches in question. Memory: 64
 * bytes for each unit of the longest stretch.
 */
import { ascending } from "./ascending.ts";
import { createIntColumn, type IntColumn, pushInt } from "./columns.ts";
import { overwriterOf } from "./dependencies.ts";
import type { DependencyOrder } from "./dependency-order.ts";
import { type CommittedTransactions, isWriter } from "./units.ts";
import type { VersionOrder } from "./versions.ts";

/** RW edges from a reader to the unit that replaced what it read and that nevertheless comes before it in D. */
export interface ClosedEdges {
  readonly readers: number[];
  readonly writers: number[];
}

/** Enough to choose the smallest evidence from. */
const EDGES_KEPT = 1_000;
/** Chains that are carried along together. */
const LANES = 16;

/** `order` is that of D, sessions included, and `previousInSession` is sessionOrder's. At most EDGES_KEPT are given. */
export function findClosedEdges(
  units: CommittedTransactions,
  versions: VersionOrder,
  order: DependencyOrder,
  previousInSession: Int32Array,
): ClosedEdges {
  const chains = chainsOf(units, previousInSession);
  const questions = findQuestions(units, versions, order, chains);
  const sorted = sortQuestions(questions, order, chains);
  const search: Search = {
    units,
    versions,
    order,
    previousInSession,
    chains,
    group: 0,
    from: 0,
    reach: new Int32Array(0),
    found: { readers: [], writers: [] },
  };
  let next = 0;
  while (next < sorted.length && search.found.readers.length < EDGES_KEPT) {
    next = answerStretch(search, questions, sorted, next);
  }
  return search.found;
}

interface Chains {
  /** The chain of each writer; -1 of a unit that wrote nothing. */
  readonly of: Int32Array;
  /** For each chain that is in question its number, in order of time; else -1. Sixteen by sixteen they are a group. */
  readonly number: Int32Array;
}

/** RW edges that may be closed, as columns. */
interface Questions {
  readonly readers: IntColumn;
  readonly writers: IntColumn;
}

interface Search {
  readonly units: CommittedTransactions;
  readonly versions: VersionOrder;
  readonly order: DependencyOrder;
  readonly previousInSession: Int32Array;
  readonly chains: Chains;
  /** The chains that are carried along now, and the place where the stretch begins. */
  group: number;
  from: number;
  /** For each place of the stretch and each lane, 1 + the last unit of the chain that reaches it; 0: none. */
  reach: Int32Array;
  readonly found: ClosedEdges;
}

function chainsOf(units: CommittedTransactions, previousInSession: Int32Array): Chains {
  const of = new Int32Array(units.count).fill(-1);
  const isFollowed = new Uint8Array(units.count);
  for (let unit = 0; unit < units.count; unit++) {
    if (previousInSession[unit]! >= 0) isFollowed[previousInSession[unit]!] = 1;
  }
  let count = units.sessions;
  for (let unit = 0; unit < units.count; unit++) {
    if (isWriter(units, unit)) of[unit] = isFollowed[unit] === 1 ? units.session[unit]! : count++;
  }
  return { of, number: new Int32Array(count).fill(-1) };
}

function findQuestions(
  units: CommittedTransactions,
  versions: VersionOrder,
  { place }: DependencyOrder,
  chains: Chains,
): Questions {
  const questions: Questions = { readers: createIntColumn(), writers: createIntColumn() };
  let numbers = 0;
  for (let unit = 0; unit < units.count; unit++) {
    const end = units.readStart[unit + 1]!;
    for (let read = units.readStart[unit]!; read < end; read++) {
      const writer = overwriterOf(units, versions, read);
      if (writer < 0 || place[writer]! >= place[unit]!) continue;
      pushInt(questions.readers, unit);
      pushInt(questions.writers, writer);
      const chain = chains.of[writer]!;
      if (chains.number[chain] === -1) chains.number[chain] = numbers++;
    }
  }
  return questions;
}

/** By group, and then by the writer's place. */
function sortQuestions({ writers }: Questions, { place }: DependencyOrder, chains: Chains): Int32Array {
  const keys = new Float64Array(writers.length);
  for (let index = 0; index < writers.length; index++) {
    keys[index] = groupOf(chains, writers.values[index]!) * place.length + place[writers.values[index]!]!;
  }
  return ascending(keys);
}

/** Answers questions of one group that overlap, from `first` on; the index of the first that does not. */
function answerStretch(search: Search, questions: Questions, sorted: Int32Array, first: number): number {
  const { chains, order } = search;
  const { readers, writers } = questions;
  search.group = groupOf(chains, writers.values[sorted[first]!]!);
  search.from = order.place[writers.values[sorted[first]!]!]!;
  let to = search.from;
  let next = first;
  for (; next < sorted.length; next++) {
    const writer = writers.values[sorted[next]!]!;
    const isApart = next > first && order.place[writer]! > to;
    if (isApart || groupOf(chains, writer) !== search.group) break;
    to = Math.max(to, order.place[readers.values[sorted[next]!]!]!);
  }
  clearReach(search, (to - search.from + 1) * LANES);
  for (let place = search.from; place <= to && search.found.readers.length < EDGES_KEPT; place++) {
    const unit = order.sequence[place]!;
    takeReach(search, unit);
    checkReads(search, unit);
    addOwnChain(search, unit);
  }
  return next;
}

function groupOf({ number, of }: Chains, writer: number): number {
  return Math.floor(number[of[writer]!]! / LANES);
}

function clearReach(search: Search, size: number): void {
  if (search.reach.length < size) search.reach = new Int32Array(2 * size);
  else search.reach.fill(0, 0, size);
}

/** What reaches a unit's predecessors in D reaches the unit. */
function takeReach(search: Search, unit: number): void {
  const { from, previousInSession, reach, units, versions } = search;
  const { readStart, readWriter, writeStart, writeUnit } = units;
  const { place } = search.order;
  const target = (place[unit]! - from) * LANES;
  const readEnd = readStart[unit + 1]!;
  for (let read = readStart[unit]!; read < readEnd; read++) {
    const version = versions.readVersion[read]!;
    if (version < 0) continue;
    // The writer, or of an absence whoever deleted the row.
    const writer = readWriter[read]! >= 0 ? readWriter[read]! : writeUnit[version]!;
    takeRow(reach, target, (place[writer]! - from) * LANES);
  }
  const writeEnd = writeStart[unit + 1]!;
  for (let slot = writeStart[unit]!; slot < writeEnd; slot++) {
    const version = versions.previous[slot]!;
    if (version >= 0) takeRow(reach, target, (place[writeUnit[version]!]! - from) * LANES);
  }
  const before = previousInSession[unit]!;
  if (before >= 0) takeRow(reach, target, (place[before]! - from) * LANES);
}

/** The larger of each two. What lies before the stretch is not on a path that is in question. */
function takeRow(reach: Int32Array, target: number, source: number): void {
  if (source < 0) return;
  for (let lane = 0; lane < LANES; lane++) {
    const value = reach[source + lane]!;
    if (value > reach[target + lane]!) reach[target + lane] = value;
  }
}

function checkReads(search: Search, unit: number): void {
  const { chains, found, group, order, reach, units, versions } = search;
  const row = (order.place[unit]! - search.from) * LANES;
  for (let read = units.readStart[unit]!; read < units.readStart[unit + 1]!; read++) {
    const writer = overwriterOf(units, versions, read);
    if (writer < 0 || writer === unit) continue;
    const lane = chains.number[chains.of[writer]!]! - group * LANES;
    // The chain's units ascend: a later one that reaches the reader is itself reached by this one.
    if (lane < 0 || lane >= LANES || reach[row + lane]! <= writer) continue;
    if (found.readers.length >= EDGES_KEPT) return;
    found.readers.push(unit);
    found.writers.push(writer);
  }
}

function addOwnChain({ chains, from, group, order, reach }: Search, unit: number): void {
  const chain = chains.of[unit]!;
  if (chain < 0) return;
  const lane = chains.number[chain]! - group * LANES;
  if (lane >= 0 && lane < LANES) reach[(order.place[unit]! - from) * LANES + lane] = unit + 1;
}
