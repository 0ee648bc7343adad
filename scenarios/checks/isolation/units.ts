/**
 * The compact form of a history's committed transactions, which all isolation checks use.
 *
 * A unit is what must look like one transaction: a REPEATABLE READ transaction, or a part of a READ COMMITTED one
 * (see transactions.ts). Units lie in columns, in order of their transactions' begin. The reads and writes of unit u
 * are those from `readStart[u]` and `writeStart[u]` up to the start of the next; its writes ascend by item.
 */
import type { Gid } from "../../../protocol/gid.ts";
import type { RowHistory } from "../../history.ts";
import type { Arena } from "./arena.ts";
import type { Items } from "./items.ts";

/** A REPEATABLE READ transaction. */
export const SNAPSHOT_UNIT = 0;
/** What one READ COMMITTED statement read. */
export const STATEMENT_UNIT = 1;
/** One row that a READ COMMITTED statement locked, or tried to: it may be newer than the statement's snapshot. */
export const NEWEST_UNIT = 2;
/** What a READ COMMITTED transaction wrote. */
export const WRITES_UNIT = 3;
/** A transaction that the servers committed and the history does not know; only what others saw of it is known. */
export const UNRECORDED_UNIT = 4;

/** In place of a writer: the initial load. */
export const INITIAL = -1;
/** In place of a read version's writer: the key was not found, whoever deleted it. */
export const ABSENT = -2;
/** In place of a replaced version's writer: what an unrecorded transaction replaced is not known. */
export const UNKNOWN = -2;
/** In place of a writer: no committed transaction wrote this version. */
export const UNWRITTEN = -3;

/** Bits of `writeShape`. The row was not there before. */
export const INSERTS = 1;
/** The row is not there afterwards. */
export const DELETES = 2;
/** Written by more than one statement. */
export const REPEATS = 4;

export interface CommittedTransactions {
  /** Where these columns lie, and what the checks compute from them. */
  readonly arena: Arena;
  /** Empty where nothing but these columns is known. */
  readonly history: RowHistory;
  readonly items: Items;
  /** Number of committed transactions in the history, and of units. */
  readonly transactions: number;
  readonly count: number;
  /** Position of the transaction in the history; -1 if unrecorded. */
  readonly record: Int32Array;
  readonly kind: Uint8Array;
  /** Of a READ COMMITTED statement, its position among the transaction's operations; else -1. */
  readonly statement: Int32Array;
  /** 0 of a unit that wrote nothing. */
  readonly gid: Float64Array;
  readonly csn: Float64Array;
  /** Sessions numbered from 0; -1 if unrecorded. */
  readonly session: Int32Array;
  readonly sessions: number;
  /** Microseconds of the world's time; Infinity if the client never had the answer. */
  readonly beganAt: Float64Array;
  readonly endedAt: Float64Array;
  /** Of the unit's first statement; -1 of writes alone and of the unrecorded. */
  readonly labelCsn: Float64Array;
  readonly labelCount: Float64Array;
  readonly readStart: Int32Array;
  readonly readItem: Int32Array;
  /** The unit that wrote the version read, or INITIAL, ABSENT or UNWRITTEN. */
  readonly readWriter: Int32Array;
  readonly writeStart: Int32Array;
  readonly writeItem: Int32Array;
  /** The unit that wrote the version replaced, or INITIAL, UNKNOWN or UNWRITTEN. */
  readonly writeReplaced: Int32Array;
  readonly writeShape: Uint8Array;
  /** The unit of each write. */
  readonly writeUnit: Int32Array;
  /** All commits of the servers in order of (CSN, gid). */
  readonly commits: Commits;
  /** Number of commits of the servers that the history does not know. */
  readonly unrecorded: number;
  /** The first read that did not show the transaction's own earlier write; null if there is none. */
  readonly internal: InternalRead | null;
  /** The first read, and the first overwriting, of a version that no committed transaction wrote. */
  readonly strayRead: StrayVersion | null;
  readonly strayWrite: StrayVersion | null;
}

export interface Commits {
  readonly csn: Float64Array;
  readonly gid: Float64Array;
}

export interface InternalRead {
  readonly record: number;
  readonly item: number;
  /** What the read found instead, to follow "and then". */
  readonly found: string;
}

export interface StrayVersion {
  readonly unit: number;
  readonly item: number;
  /** The gid that the version names; -1 if it names none. */
  readonly gid: Gid;
}

export function isWriter(units: CommittedTransactions, unit: number): boolean {
  return units.writeStart[unit + 1]! > units.writeStart[unit]!;
}

/** The write of this item by this unit, or -1. */
export function findWrite(units: CommittedTransactions, unit: number, item: number): number {
  const { writeItem } = units;
  let low = units.writeStart[unit]!;
  let high = units.writeStart[unit + 1]!;
  while (high - low > 8) {
    const middle = (low + high) >> 1;
    if (writeItem[middle]! > item) high = middle;
    else low = middle;
  }
  for (let slot = low; slot < high; slot++) {
    if (writeItem[slot] === item) return slot;
  }
  return -1;
}
