/** How people read units and transactions. */
import { showGid } from "../../../protocol/gid.ts";
import type { RowTransaction } from "../../history.ts";
import { type CommittedTransactions, isWriter, UNRECORDED_UNIT, WRITES_UNIT } from "./units.ts";

/** Units are introduced with their gid and node where they first appear, and then go by their number. */
export interface Story {
  readonly units: CommittedTransactions;
  readonly introduced: Set<number>;
}

export function beginStory(units: CommittedTransactions): Story {
  return { units, introduced: new Set() };
}

/** "T17 (1:42, node 1)", "T20 statement 2 (read-only, node 3)"; and "T17", "T20 statement 2" from then on. */
export function nameUnit(story: Story, unit: number): string {
  const { introduced, units } = story;
  const gid = units.gid[unit]!;
  if (units.kind[unit] === UNRECORDED_UNIT) return `the unrecorded ${showGid(gid)}`;
  const statement = units.statement[unit]! >= 0 ? ` statement ${units.statement[unit]! + 1}` : "";
  const name = `T${idOf(units, unit)}${statement}`;
  if (introduced.has(unit)) return name;
  introduced.add(unit);
  const { node } = whoIs(units, unit);
  const isolation = statement !== "" || units.kind[unit] === WRITES_UNIT ? "read committed, " : "";
  return `${name} (${isolation}${isWriter(units, unit) ? showGid(gid) : "read-only"}, node ${node})`;
}

/** Its id in the history; -1 if the history lacks it. */
export function idOf(units: CommittedTransactions, unit: number): number {
  return units.record[unit]! < 0 ? -1 : whoIs(units, unit).id;
}

/** As its record says; without records a transaction goes by its position. */
export function whoIs(
  { history, record, session }: CommittedTransactions,
  unit: number,
): Pick<RowTransaction, "id" | "node" | "session"> {
  const position = record[unit]!;
  return history.transactions[position] ?? { id: position, node: 0, session: session[unit]! };
}

/** Each once. */
export function idsOf(units: CommittedTransactions, involved: readonly number[]): number[] {
  const ids: number[] = [];
  for (const unit of involved) {
    const id = idOf(units, unit);
    if (id >= 0 && !ids.includes(id)) ids.push(id);
  }
  return ids;
}
