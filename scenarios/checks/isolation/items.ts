/** Items: the rows that a history names, by table and primary key, as small integers. */
import { type Key, keyColumnOf, type Row, type TableDefinition } from "../../../protocol/database.ts";

export interface Items {
  readonly tables: Map<string, ItemTable>;
  /** For each item, its table and its key. */
  readonly tableOf: ItemTable[];
  readonly keyOf: Key[];
}

export interface ItemTable {
  readonly definition: TableDefinition;
  /** Position of the primary key among the columns. */
  readonly keyColumn: number;
  readonly items: Map<Key, number>;
  /** Items that a committed transaction inserted or deleted: a reader of the whole table may have missed them. */
  readonly changing: Set<number>;
}

export function createItems(definitions: readonly TableDefinition[]): Items {
  const tables = new Map<string, ItemTable>();
  for (const definition of definitions) {
    const keyColumn = keyColumnOf(definition);
    tables.set(definition.name, { definition, keyColumn, items: new Map(), changing: new Set() });
  }
  return { tables, tableOf: [], keyOf: [] };
}

/** Throws if the history names a table that was not declared. */
export function tableNamed(items: Items, name: string): ItemTable {
  const table = items.tables.get(name);
  if (table === undefined) throw new Error(`the history names table ${name}, which is not declared`);
  return table;
}

export function itemOf(items: Items, table: ItemTable, key: Key): number {
  const known = table.items.get(key);
  if (known !== undefined) return known;
  const item = items.keyOf.length;
  table.items.set(key, item);
  items.tableOf.push(table);
  items.keyOf.push(key);
  return item;
}

export function keyOfRow(table: ItemTable, row: Row): Key {
  return row[table.keyColumn] as Key;
}

/** How people read an item: "accounts/3". */
export function showItem(items: Items, item: number): string {
  return `${items.tableOf[item]!.definition.name}/${items.keyOf[item]}`;
}
