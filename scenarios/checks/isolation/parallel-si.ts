/**
 * Parallel snapshot isolation (Sovran et al., "Transactional Storage for Geo-replicated Systems", SOSP 2011), in the
 * form of Cerone and Gotsman (theory 4.1): with D = SO u WR u WW, D is acyclic and no RW edge A -> B is closed by a
 * path of D from B to A. Complete: every RW edge is decided.
 *
 * Only an edge whose B comes before A in a topological order of D can be closed. The order is close to time, so
 * these are the stale reads. For them it must be known whether B reaches A. The writers of one session are a chain
 * of D: of all of them that reach A it is enough to know the last. So for each session the last writer that reaches
 * a unit is carried along the order, sixteen sessions at a time (a cache line), each time only from the first B to
 * the last A that is in question. A writer that has no successor in its session is a chain of its own.
 *
 * Cost: O((V + E) * S / 16) for S sessions that are alive at a time, times sixteen additions on neighbouring
 * integers, if reads are not staler than a session lives. Memory: 64 bytes for each unit of the longest stretch.
 */

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
const LANES = 16;

/** `order` is that of D, sessions included, and `previousInSession` is sessionOrder's. At most EDGES_KEPT are given. */
export function findClosedEdges(
  units: CommittedTransactions,
  versions: VersionOrder,
  order: DependencyOrder,
  previousInSession: Int32Array,
): ClosedEdges {
  const found: ClosedEdges = { readers: [], writers: [] };
  const chains = chainsOf(units, previousInSession);
  const stretches = questionedStretches(units, versions, order, chains);
  const search: Search = {
    units,
    versions,
    order,
    previousInSession,
    chains,
    laneOf: new Int32Array(chains.count).fill(-1),
    reach: new Int32Array(0),
  };
  for (let first = 0; first < stretches.length; first += LANES) {
    const group = stretches.slice(first, first + LANES);
    carryAlong(search, group, found);
    for (const stretch of group) search.laneOf[stretch.chain] = -1;
    if (found.readers.length >= EDGES_KEPT) break;
  }
  return found;
}

interface Chains {
  /** The chain of each writer; -1 of a unit that wrote nothing. */
  readonly of: Int32Array;
  readonly count: number;
}

/** A chain with writers that are in question: where in the order the first stands, and the last of their readers. */
interface Stretch {
  readonly chain: number;
  from: number;
  to: number;
}

interface Search {
  readonly units: CommittedTransactions;
  readonly versions: VersionOrder;
  readonly order: DependencyOrder;
  readonly previousInSession: Int32Array;
  readonly chains: Chains;
  /** Which of the sixteen lanes a chain has now, or -1. */
  readonly laneOf: Int32Array;
  /** For each place of the stretch and each lane, 1 + the last unit of the chain that reaches it; 0: none. */
  reach: Int32Array;
}

function chainsOf(units: CommittedTransactions, previousInSession: Int32Array): Chains {
  const of = new Int32Array(units.count).fill(-1);
  let count = units.sessions;
  const isFollowed = new Uint8Array(units.count);
  for (let unit = 0; unit < units.count; unit++) {
    if (previousInSession[unit]! >= 0) isFollowed[previousInSession[unit]!] = 1;
  }
  for (let unit = 0; unit < units.count; unit++) {
    if (isWriter(units, unit)) of[unit] = isFollowed[unit] === 1 ? units.session[unit]! : count++;
  }
  return { of, count };
}

function questionedStretches(
  units: CommittedTransactions,
  versions: VersionOrder,
  { place }: DependencyOrder,
  chains: Chains,
): Stretch[] {
  const byChain = new Map<number, Stretch>();
  for (let unit = 0; unit < units.count; unit++) {
    const end = units.readStart[unit + 1]!;
    for (let read = units.readStart[unit]!; read < end; read++) {
      const writer = overwriterOf(units, versions, read);
      if (writer < 0 || place[writer]! >= place[unit]!) continue;
      const chain = chains.of[writer]!;
      const stretch = byChain.get(chain);
      if (stretch === undefined) byChain.set(chain, { chain, from: place[writer]!, to: place[unit]! });
      else {
        stretch.from = Math.min(stretch.from, place[writer]!);
        stretch.to = Math.max(stretch.to, place[unit]!);
      }
    }
  }
  return [...byChain.values()].sort((one, other) => one.from - other.from || one.chain - other.chain);
}

/** Carries the reach of the group's chains over the places that are in question. */
function carryAlong(search: Search, group: readonly Stretch[], found: ClosedEdges): void {
  const { laneOf, order } = search;
  let from = order.sequence.length;
  let to = 0;
  for (let lane = 0; lane < group.length; lane++) {
    const stretch = group[lane]!;
    laneOf[stretch.chain] = lane;
    from = Math.min(from, stretch.from);
    to = Math.max(to, stretch.to);
  }
  const size = (to - from + 1) * LANES;
  if (search.reach.length < size) search.reach = new Int32Array(size);
  else search.reach.fill(0, 0, size);
  for (let place = from; place <= to && found.readers.length < EDGES_KEPT; place++) {
    const unit = order.sequence[place]!;
    takeReach(search, unit, from);
    checkReads(search, unit, from, found);
    addOwnChain(search, unit, from);
  }
}

/** What reaches a unit's predecessors in D reaches the unit. */
function takeReach(search: Search, unit: number, from: number): void {
  const { previousInSession, reach, units, versions } = search;
  const { readStart, writeStart, writeUnit } = units;
  const { place } = search.order;
  const target = (place[unit]! - from) * LANES;
  const readEnd = readStart[unit + 1]!;
  for (let read = readStart[unit]!; read < readEnd; read++) {
    const version = versions.readVersion[read]!;
    if (version >= 0) takeRow(reach, target, (place[writeUnit[version]!]! - from) * LANES);
  }
  const writeEnd = writeStart[unit + 1]!;
  for (let slot = writeStart[unit]!; slot < writeEnd; slot++) {
    const version = versions.previous[slot]!;
    if (version >= 0) takeRow(reach, target, (place[writeUnit[version]!]! - from) * LANES);
  }
  const before = previousInSession[unit]!;
  if (before >= 0) takeRow(reach, target, (place[before]! - from) * LANES);
}

/** The larger of each two; what lies before the stretch reaches nothing that is in question. */
function takeRow(reach: Int32Array, target: number, source: number): void {
  if (source < 0) return;
  for (let lane = 0; lane < LANES; lane++) {
    const value = reach[source + lane]!;
    if (value > reach[target + lane]!) reach[target + lane] = value;
  }
}

function checkReads(search: Search, unit: number, from: number, found: ClosedEdges): void {
  const { chains, laneOf, order, reach, units, versions } = search;
  const row = (order.place[unit]! - from) * LANES;
  for (let read = units.readStart[unit]!; read < units.readStart[unit + 1]!; read++) {
    const writer = overwriterOf(units, versions, read);
    if (writer < 0) continue;
    const lane = laneOf[chains.of[writer]!]!;
    // The chain's units ascend: a later one that reaches the reader is itself reached by this one.
    if (lane < 0 || reach[row + lane]! <= writer || writer === unit) continue;
    if (found.readers.length >= EDGES_KEPT) return;
    found.readers.push(unit);
    found.writers.push(writer);
  }
}

function addOwnChain({ chains, laneOf, order, reach }: Search, unit: number, from: number): void {
  const chain = chains.of[unit]!;
  if (chain < 0 || laneOf[chain]! < 0) return;
  reach[(order.place[unit]! - from) * LANES + laneOf[chain]!] = unit + 1;
}
