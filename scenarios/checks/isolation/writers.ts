/**
 * Who wrote the versions of a history: gids as small numbers, those that the servers committed first.
 *
 * A hash table in plain arrays, because a Map of a million gids, each a number in an object of its own, takes longer
 * than all else that is done with them. Its slots hold a number plus one, or zero, and are at most half full.
 */
import type { Csn } from "../../../protocol/csn.ts";
import type { Gid } from "../../../protocol/gid.ts";
import { type Arena, floatsIn, intsIn } from "./arena.ts";
import {
  createFloatColumn,
  createIntColumn,
  type FloatColumn,
  type IntColumn,
  pushFloat,
  pushInt,
} from "./columns.ts";

export interface Writers {
  readonly arena: Arena;
  /** By number: the gid, and the unit in which it wrote, NO_RECORD or NO_WRITES. */
  readonly gids: FloatColumn;
  readonly units: IntColumn;
  /** Of the committed, whose numbers are the first. */
  readonly csns: Float64Array;
  slots: Int32Array;
}

/** In `Writers.units`: no record with this gid was seen; or it was, and it changed nothing. */
export const NO_RECORD = -1;
export const NO_WRITES = -2;

export function createWriters(arena: Arena, committed: ReadonlyMap<Gid, Csn>): Writers {
  const count = committed.size;
  const writers: Writers = {
    arena,
    gids: createFloatColumn(floatsIn(arena, count)),
    units: createIntColumn(intsIn(arena, count)),
    csns: floatsIn(arena, count),
    slots: intsIn(arena, slotsFor(count)),
  };
  committed.forEach((csn, gid) => {
    writers.csns[numberOf(writers, gid)] = csn;
  });
  return writers;
}

/** The gid's number; a new one if it has none. */
export function numberOf(writers: Writers, gid: Gid): number {
  const slot = slotOf(writers, gid);
  const taken = writers.slots[slot]!;
  if (taken > 0) return taken - 1;
  const number = writers.gids.length;
  pushFloat(writers.gids, gid);
  pushInt(writers.units, NO_RECORD);
  writers.slots[slot] = number + 1;
  if (2 * writers.gids.length > writers.slots.length) rehash(writers);
  return number;
}

export function gidOf({ gids }: Writers, number: number): Gid {
  return gids.values[number]!;
}

export function isCommitted({ csns }: Writers, number: number): boolean {
  return number < csns.length;
}

/** 0 of what did not commit. */
export function csnOf({ csns }: Writers, number: number): Csn {
  return number < csns.length ? csns[number]! : 0;
}

/** The slot with the gid, or the free one where it would be. */
function slotOf({ gids, slots }: Writers, gid: Gid): number {
  const mask = slots.length - 1;
  const mixed = Math.imul(gid ^ (gid / 0x1_0000_0000), 0x9e3779b1);
  let slot = (mixed ^ (mixed >>> 15)) & mask;
  for (let taken = slots[slot]!; taken > 0 && gids.values[taken - 1] !== gid; taken = slots[slot]!) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

function rehash(writers: Writers): void {
  const { arena, gids } = writers;
  writers.slots = intsIn(arena, slotsFor(gids.length));
  for (let number = 0; number < gids.length; number++) {
    writers.slots[slotOf(writers, gids.values[number]!)] = number + 1;
  }
}

/** A power of two, with room to grow. */
function slotsFor(count: number): number {
  let slots = 64;
  while (slots < 4 * count) slots *= 2;
  return slots;
}
