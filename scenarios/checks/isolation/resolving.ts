/** The end of reading a history: every version's writer becomes a unit, and the columns become typed arrays. */
import type { Csn } from "../../../protocol/csn.ts";
import type { Gid } from "../../../protocol/gid.ts";
import type { History } from "../../history.ts";
import { type Arena, bytesIn } from "./arena.ts";
import { ascending } from "./ascending.ts";
import { type Building, NO_RECORD, NO_WRITES } from "./building.ts";
import { floatsOf, intsOf, pushFloat, pushInt } from "./columns.ts";
import {
  ABSENT,
  type Commits,
  type CommittedTransactions,
  INITIAL,
  UNKNOWN,
  UNRECORDED_UNIT,
  UNWRITTEN,
} from "./units.ts";

/** The building is of no use afterwards. */
export function finishUnits(building: Building, history: History): CommittedTransactions {
  resolveWriters(building);
  const { arena, committed, items, units } = building;
  return {
    arena,
    history,
    items,
    transactions: building.transactions,
    count: units.record.length,
    record: intsOf(units.record),
    kind: narrow(arena, intsOf(units.kind)),
    statement: intsOf(units.statement),
    gid: floatsOf(units.gid),
    csn: floatsOf(units.csn),
    session: intsOf(units.session),
    sessions: building.sessions.size,
    beganAt: floatsOf(units.beganAt),
    endedAt: floatsOf(units.endedAt),
    labelCsn: floatsOf(units.labelCsn),
    labelCount: floatsOf(units.labelCount),
    readStart: intsOf(building.readStart),
    readItem: intsOf(building.readItem),
    readWriter: intsOf(building.readWriter),
    writeStart: intsOf(building.writeStart),
    writeItem: intsOf(building.writeItem),
    writeReplaced: intsOf(building.writeReplaced),
    writeShape: narrow(arena, intsOf(building.writeShape)),
    writeUnit: intsOf(building.writeUnit),
    commits: orderCommits(committed),
    unrecorded: committed.size - building.recordedGids,
    internal: building.internal,
    strayRead: building.strayRead,
    strayWrite: building.strayWrite,
  };
}

function narrow(arena: Arena, values: Int32Array): Uint8Array {
  const bytes = bytesIn(arena, values.length);
  bytes.set(values);
  return bytes;
}

/** Puts units in place of numbers of writers, and makes units of committed writers that the history does not know. */
function resolveWriters(building: Building): void {
  const { readItem, readStart, readWriter, writeItem, writeReplaced, writers, writeUnit } = building;
  const unrecorded: Unrecorded[] = [];
  const recorded = building.units.record.length;
  for (let unit = 0; unit < recorded; unit++) {
    const end = readStart.values[unit + 1]!;
    for (let read = readStart.values[unit]!; read < end; read++) {
      const number = readWriter.values[read]!;
      if (number === INITIAL || number === ABSENT) continue;
      const item = readItem.values[read]!;
      const writer = resolve(building, unrecorded, number, item);
      readWriter.values[read] = writer;
      if (writer === UNWRITTEN) building.strayRead ??= { unit, item, gid: writers.gids[number] ?? -1 };
    }
  }
  for (let slot = 0; slot < writeItem.length; slot++) {
    const number = writeReplaced.values[slot]!;
    if (number === INITIAL) continue;
    const item = writeItem.values[slot]!;
    const writer = resolve(building, unrecorded, number, item);
    writeReplaced.values[slot] = writer;
    if (writer === UNWRITTEN) {
      building.strayWrite ??= { unit: writeUnit.values[slot]!, item, gid: writers.gids[number] ?? -1 };
    }
  }
  for (const { gid, items } of unrecorded) addUnrecorded(building, gid, items);
}

interface Unrecorded {
  readonly gid: Gid;
  readonly unit: number;
  readonly items: Set<number>;
}

function resolve(building: Building, unrecorded: Unrecorded[], number: number, item: number): number {
  if (number < 0) return UNWRITTEN;
  const { committed, writers, units } = building;
  const unit = writers.units[number]!;
  const recorded = units.record.length;
  if (unit >= 0 && unit < recorded) return unit;
  const gid = writers.gids[number]!;
  if (unit === NO_WRITES || !committed.has(gid)) return UNWRITTEN;
  if (unit === NO_RECORD) {
    writers.units[number] = recorded + unrecorded.length;
    unrecorded.push({ gid, unit: recorded + unrecorded.length, items: new Set([item]) });
    return writers.units[number]!;
  }
  unrecorded[unit - recorded]!.items.add(item);
  return unit;
}

function addUnrecorded(building: Building, gid: Gid, items: Set<number>): void {
  const { units } = building;
  for (const item of [...items].sort((one, other) => one - other)) {
    pushInt(building.writeItem, item);
    pushInt(building.writeReplaced, UNKNOWN);
    pushInt(building.writeShape, 0);
    pushInt(building.writeUnit, units.record.length);
  }
  pushInt(units.record, -1);
  pushInt(units.kind, UNRECORDED_UNIT);
  pushInt(units.statement, -1);
  pushFloat(units.gid, gid);
  pushFloat(units.csn, building.committed.get(gid) ?? 0);
  pushInt(units.session, -1);
  pushFloat(units.beganAt, Number.NEGATIVE_INFINITY);
  pushFloat(units.endedAt, Number.POSITIVE_INFINITY);
  pushFloat(units.labelCsn, -1);
  pushFloat(units.labelCount, -1);
  pushInt(building.readStart, building.readItem.length);
  pushInt(building.writeStart, building.writeItem.length);
}

function orderCommits(committed: ReadonlyMap<Gid, Csn>): Commits {
  const gids = Float64Array.from(committed.keys()).sort();
  const csns = gids.map((gid) => committed.get(gid) ?? 0);
  const order = ascending(csns);
  return {
    csn: csns.map((_, place) => csns[order[place]!]!),
    gid: gids.map((_, place) => gids[order[place]!]!),
  };
}
