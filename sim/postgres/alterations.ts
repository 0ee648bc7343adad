/**
 * What DDL does to names and tables, and how it is undone. The transaction holds the name's lock, so that nobody else
 * comes near what is changed in place before it is committed or taken back.
 */
import type { Row, TableDefinition, Value } from "../../protocol/database.ts";
import type {
  Defined,
  Reference,
  Relation,
  RowSlot,
  Server,
  Table,
  Transaction,
  UniqueIndex,
} from "./state.ts";

/** To its definer, the name stands for something else from now on; null: for nothing. */
export function redefine(tx: Transaction, relation: Relation, as: Defined | null): void {
  if (relation.definer !== tx.number) tx.defined.push(relation);
  relation.definer = tx.number;
  relation.pending = as;
}

/** Its transaction committed. */
export function commitDefinitions(server: Server, tx: Transaction): void {
  const { defined, undo } = tx;
  for (let index = 0; index < defined.length; index++) {
    const relation = defined[index]!;
    const { name, pending } = relation;
    relation.current = pending;
    relation.pending = null;
    relation.definer = 0;
    if (pending?.kind === "table") server.tables.set(name, pending);
    else server.tables.delete(name);
    if (pending?.kind === "sequence") server.sequences.set(name, pending);
    else server.sequences.delete(name);
  }
  // To set a length costs the engine a call, also where nothing changes.
  if (defined.length > 0) defined.length = 0;
  if (undo.length > 0) undo.length = 0;
}

/** Its transaction rolled back. */
export function forgetDefinitions(tx: Transaction): void {
  for (const relation of tx.defined) {
    relation.pending = null;
    relation.definer = 0;
  }
  tx.defined.length = 0;
  for (let last = tx.undo.pop(); last !== undefined; last = tx.undo.pop()) {
    switch (last.kind) {
      case "column":
        takeColumn(last.table, last.definition);
        break;
      case "index":
        last.table.uniques.pop();
        last.table.definition = last.definition;
        break;
      case "child added":
        removeChild(last.parent, last.reference);
        break;
      case "child removed":
        last.parent.children.push(last.reference);
        break;
      case "local":
        last.relation.isLocal = false;
        last.table.persistence = "replicated";
        break;
    }
  }
}

/** Every version of every row gets the value (a real server keeps it once, in pg_attribute, until rows are rewritten). */
export function giveColumn(tx: Transaction, table: Table, column: string, value: Value): void {
  const { definition } = table;
  tx.undo.push({ kind: "column", table, definition });
  const position = table.columns.size;
  table.definition = { ...definition, columns: [...definition.columns, column] };
  table.columns.set(column, position);
  table.defaults.set(position, value);
  changeRows(table, (row) => [...row, value]);
}

/** @returns whether no two rows have one value */
export function giveIndex(tx: Transaction, table: Table, column: string, constraint: string): boolean {
  const { definition } = table;
  const index: UniqueIndex = { column: table.columns.get(column)!, constraint, rows: new Map() };
  for (const slot of table.ordered) {
    if (!enterSlot(index, slot)) return false;
  }
  tx.undo.push({ kind: "index", table, definition });
  table.definition = { ...definition, unique: [...(definition.unique ?? []), column] };
  table.uniques.push(index);
  return true;
}

export function giveChild(tx: Transaction, parent: Table, reference: Reference): void {
  parent.children.push(reference);
  tx.undo.push({ kind: "child added", parent, reference });
}

export function takeChild(tx: Transaction, parent: Table, reference: Reference): void {
  removeChild(parent, reference);
  tx.undo.push({ kind: "child removed", parent, reference });
}

export function makeLocal(tx: Transaction, relation: Relation, table: Table): void {
  if (table.persistence !== "replicated") return;
  tx.undo.push({ kind: "local", relation, table });
  relation.isLocal = true;
  table.persistence = "local";
}

function takeColumn(table: Table, before: TableDefinition): void {
  const position = before.columns.length;
  table.columns.delete(table.definition.columns[position]!);
  table.defaults.delete(position);
  table.definition = before;
  changeRows(table, (row) => row.slice(0, position));
}

function changeRows(table: Table, change: (row: Row) => Row): void {
  for (const slot of table.ordered) {
    for (const version of [...slot.older, slot.current, slot.pending]) {
      if (version !== null && version.row !== null) version.row = change(version.row);
    }
    if (slot.rewritten !== null) slot.rewritten = slot.rewritten.map(change);
  }
}

/** A value that is committed but deleted by the transaction itself is no obstacle, and may come back. */
function enterSlot(index: UniqueIndex, slot: RowSlot): boolean {
  const newest = slot.writer === 0 ? slot.current : slot.pending;
  for (const version of [slot.current, slot.pending]) {
    const value = version?.row?.[index.column] ?? null;
    if (value === null) continue;
    const rows = index.rows.get(value) ?? [];
    const isTaken = rows.some((other) => {
      const found = other.writer === 0 ? other.current : other.pending;
      return other !== slot && found?.row?.[index.column] === value;
    });
    if (isTaken && version === newest) return false;
    if (!rows.includes(slot)) index.rows.set(value, [...rows, slot]);
  }
  return true;
}

function removeChild(parent: Table, reference: Reference): void {
  const place = parent.children.findIndex(
    ({ child, constraint }) => child === reference.child && constraint === reference.constraint,
  );
  if (place >= 0) parent.children.splice(place, 1);
}
