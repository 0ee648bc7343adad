/**
 * Reads of a row as it was between two writes of one transaction (G1b: Adya, Liskov, O'Neil, ICDE 2000).
 *
 * The version read names the transaction in either case, so the values must tell: what the writer's statements gave
 * a column in the end, against what the reader saw there. A column that was only ever added to, from a value that
 * the statements do not say, is not compared.
 */
import type { Row } from "../../../protocol/database.ts";
import { keyOfRow } from "./items.ts";
import { contradicts, knownRow } from "./own-rows.ts";
import { type CommittedTransactions, REPEATS } from "./units.ts";
import type { VersionOrder } from "./versions.ts";

/** A unit and the write of which it read an earlier state. */
export interface IntermediateRead {
  readonly reader: number;
  readonly slot: number;
}

export function findIntermediateRead(
  units: CommittedTransactions,
  versions: VersionOrder,
): IntermediateRead | null {
  if (!units.writeShape.some((shape) => (shape & REPEATS) !== 0)) return null;
  for (let reader = 0; reader < units.count; reader++) {
    for (let read = units.readStart[reader]!; read < units.readStart[reader + 1]!; read++) {
      const slot = versions.readVersion[read]!;
      if (slot < 0 || (units.writeShape[slot]! & REPEATS) === 0) continue;
      if (isIntermediate(units, reader, slot)) return { reader, slot };
    }
  }
  return null;
}

function isIntermediate(units: CommittedTransactions, reader: number, slot: number): boolean {
  const { history, items } = units;
  const item = units.writeItem[slot]!;
  const writer = history.transactions[units.record[units.writeUnit[slot]!]!]!;
  const table = items.tableOf[item]!;
  const final = knownRow(writer, writer.operations.length, table, items.keyOf[item]!);
  return rowsRead(units, reader, slot).some((row) => contradicts(final, row));
}

/** The rows that the unit read in this version. */
function rowsRead(units: CommittedTransactions, reader: number, slot: number): Row[] {
  const item = units.writeItem[slot]!;
  const table = units.items.tableOf[item]!;
  const key = units.items.keyOf[item]!;
  const writer = units.gid[units.writeUnit[slot]!]!;
  const only = units.statement[reader]!;
  const { operations } = units.history.transactions[units.record[reader]!]!;
  const rows: Row[] = [];
  for (let position = 0; position < operations.length; position++) {
    const { statement, result } = operations[position]!;
    if (result === null || (only >= 0 && only !== position)) continue;
    if (statement.type !== "select" || statement.table !== table.definition.name) continue;
    for (let place = 0; place < result.rows.length; place++) {
      const row = result.rows[place]!;
      if (result.versions[place] === writer && keyOfRow(table, row) === key) rows.push(row);
    }
  }
  return rows;
}
