/** The end of reading a history: every version's writer becomes a unit, and the columns become typed arrays. */
import type { RowHistory } from "../../history.ts";
import { type Arena, bytesIn, floatsIn } from "./arena.ts";
import { ascending } from "./ascending.ts";
import type { Building } from "./building.ts";
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
import { csnOf, gidOf, isCommitted, NO_RECORD, NO_WRITES, type Writers } from "./writers.ts";

/** The building is of no use afterwards. */
export function finishUnits(building: Building, history: RowHistory): CommittedTransactions {
  resolveWriters(building);
  const { arena, items, units, writers } = building;
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
    commits: orderCommits(writers),
    unrecorded: writers.csns.length - building.recordedGids,
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
      if (writer === UNWRITTEN)
        building.strayRead ??= { unit, item, gid: number < 0 ? -1 : gidOf(writers, number) };
    }
  }
  for (let slot = 0; slot < writeItem.length; slot++) {
    const number = writeReplaced.values[slot]!;
    if (number === INITIAL) continue;
    const item = writeItem.values[slot]!;
    const writer = resolve(building, unrecorded, number, item);
    writeReplaced.values[slot] = writer;
    if (writer === UNWRITTEN) {
      building.strayWrite ??= {
        unit: writeUnit.values[slot]!,
        item,
        gid: number < 0 ? -1 : gidOf(writers, number),
      };
    }
  }
  for (const { writer, items } of unrecorded) addUnrecorded(building, writer, items);
}

interface Unrecorded {
  readonly writer: number;
  readonly items: Set<number>;
}

function resolve(building: Building, unrecorded: Unrecorded[], number: number, item: number): number {
  if (number < 0) return UNWRITTEN;
  const { writers, units } = building;
  const unit = writers.units.values[number]!;
  const recorded = units.record.length;
  if (unit >= 0 && unit < recorded) return unit;
  if (unit === NO_WRITES || !isCommitted(writers, number)) return UNWRITTEN;
  if (unit === NO_RECORD) {
    const added = recorded + unrecorded.length;
    writers.units.values[number] = added;
    unrecorded.push({ writer: number, items: new Set([item]) });
    return added;
  }
  unrecorded[unit - recorded]!.items.add(item);
  return unit;
}

function addUnrecorded(building: Building, writer: number, items: Set<number>): void {
  const { units, writers } = building;
  for (const item of [...items].sort((one, other) => one - other)) {
    pushInt(building.writeItem, item);
    pushInt(building.writeReplaced, UNKNOWN);
    pushInt(building.writeShape, 0);
    pushInt(building.writeUnit, units.record.length);
  }
  pushInt(units.record, -1);
  pushInt(units.kind, UNRECORDED_UNIT);
  pushInt(units.statement, -1);
  pushFloat(units.gid, gidOf(writers, writer));
  pushFloat(units.csn, csnOf(writers, writer));
  pushInt(units.session, -1);
  pushFloat(units.beganAt, Number.NEGATIVE_INFINITY);
  pushFloat(units.endedAt, Number.POSITIVE_INFINITY);
  pushFloat(units.labelCsn, -1);
  pushFloat(units.labelCount, -1);
  pushInt(building.readStart, building.readItem.length);
  pushInt(building.writeStart, building.writeItem.length);
}

function orderCommits({ arena, csns, gids }: Writers): Commits {
  const count = csns.length;
  const byGid = ascending(gids.values.subarray(0, count));
  const commits = { csn: floatsIn(arena, count), gid: floatsIn(arena, count) };
  for (let place = 0; place < count; place++) commits.csn[place] = csns[byGid[place]!]!;
  const byCsn = ascending(commits.csn);
  for (let place = 0; place < count; place++) {
    const number = byGid[byCsn[place]!]!;
    commits.csn[place] = csns[number]!;
    commits.gid[place] = gids.values[number]!;
  }
  return commits;
}
