/**
 * Unique indexes other than the primary key's: which rows have, or may come to have, a value.
 *
 * As in a real index, a value is entered when the check for it has passed, and stays until no version has it: the
 * committed one, the one that is being written, and those that its writer has replaced itself may all be found.
 */
import type { Row, Value } from "../../protocol/database.ts";
import type { RowSlot, Table, UniqueIndex } from "./state.ts";

/** Enters the values of a row, except those of `known`, which are there already. */
export function addToUniques(slot: RowSlot, row: Row, known: Row | null): void {
  for (const index of slot.table.uniques) {
    const value = row[index.column] as Value;
    if (value !== null && (known === null || known[index.column] !== value)) addEntry(index, value, slot);
  }
}

/** Takes out the values of a row that is no more, except those that `kept` has too. */
export function removeFromUniques(slot: RowSlot, row: Row | null, kept: Row | null): void {
  if (row === null) return;
  for (const index of slot.table.uniques) {
    const value = row[index.column] as Value;
    if (value !== null && (kept === null || kept[index.column] !== value)) removeEntry(index, value, slot);
  }
}

/** Whether a value of the row is in one of the indexes. */
export function isTaken(table: Table, row: Row): boolean {
  return table.uniques.some(
    (index) => row[index.column] !== null && index.rows.has(row[index.column] as Value),
  );
}

/** Whether a value of a unique column differs: such an update takes the stronger row lock. */
export function changesUniques(table: Table, row: Row, oldRow: Row): boolean {
  for (const { column } of table.uniques) {
    if (row[column] !== oldRow[column]) return true;
  }
  return false;
}

function addEntry(index: UniqueIndex, value: Value, slot: RowSlot): void {
  const rows = index.rows.get(value);
  if (rows === undefined) index.rows.set(value, [slot]);
  else if (!rows.includes(slot)) rows.push(slot);
}

function removeEntry(index: UniqueIndex, value: Value, slot: RowSlot): void {
  const rows = index.rows.get(value);
  const place = rows === undefined ? -1 : rows.indexOf(slot);
  if (rows === undefined || place < 0) return;
  if (rows.length === 1) index.rows.delete(value);
  else rows.splice(place, 1);
}
