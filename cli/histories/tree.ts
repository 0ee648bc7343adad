/**
 * What EDN and JSON have in common, as much as a history needs: a keyword is its name as text, a set or list is a
 * list. Lists and maps know where they begin in the text.
 */
export type Tree = string | number | boolean | null | TreeList | TreeMap;

export interface TreeList {
  readonly at: number;
  readonly items: readonly Tree[];
}

export interface TreeMap {
  readonly at: number;
  /** Names and values by turns. */
  readonly entries: readonly Tree[];
}

/** The value of a map's field, if it is there. */
export function fieldOf({ entries }: TreeMap, name: string): Tree | undefined {
  for (let place = 0; place < entries.length; place += 2) {
    if (entries[place] === name) return entries[place + 1];
  }
  return undefined;
}

export function isList(tree: Tree | undefined): tree is TreeList {
  return typeof tree === "object" && tree !== null && "items" in tree;
}

export function isMap(tree: Tree | undefined): tree is TreeMap {
  return typeof tree === "object" && tree !== null && "entries" in tree;
}
