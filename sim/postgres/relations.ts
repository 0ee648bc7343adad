/** Names: what they stand for, and for whom. A name that is being defined anew stands for something else to its definer. */
import type { Defined, Relation, Sequence, Server, Table, Transaction } from "./state.ts";

/** Looks a name up as PostgreSQL does: in its schema, or in the search_path with the session's temporary tables first. */
export function findRelation(server: Server, tx: Transaction, name: string): Relation | null {
  if (name.includes(".")) return definedRelation(server, tx, qualified("", name));
  if (server.hasTemporary) {
    const own = definedRelation(server, tx, temporaryName(tx, name));
    if (own !== null) return own;
  }
  const { searchPath } = tx.environment;
  if (searchPath === "public") return definedRelation(server, tx, name);
  for (const schema of searchPath.split(",")) {
    const found = definedRelation(server, tx, qualified(schema.trim(), name));
    if (found !== null) return found;
  }
  return null;
}

/** What the relation is to the transaction, if that is a table. */
export function tableIn(relation: Relation | null, tx: Transaction): Table | null {
  const found = relation === null ? null : definedAs(relation, tx);
  return found?.kind === "table" ? found : null;
}

export function sequenceIn(relation: Relation | null, tx: Transaction): Sequence | null {
  const found = relation === null ? null : definedAs(relation, tx);
  return found?.kind === "sequence" ? found : null;
}

/** By its whole name, as streams and foreign keys give it. */
export function relationNamed(server: Server, name: string): Relation | null {
  return server.relations.get(name) ?? null;
}

/** The name, whether or not it stands for anything yet. */
export function relationFor(server: Server, name: string): Relation {
  const known = server.relations.get(name);
  if (known !== undefined) return known;
  const relation: Relation = {
    name,
    current: null,
    pending: null,
    definer: 0,
    isLocal: false,
    holders: [],
    queue: [],
  };
  server.relations.set(name, relation);
  return relation;
}

/** Where CREATE puts something of this name: the first schema of the search_path that is there. Null: there is none. */
export function nameForCreation(server: Server, tx: Transaction, name: string): string | null {
  if (name.includes(".")) return qualified("", name);
  for (const schema of tx.environment.searchPath.split(",").map((each) => each.trim())) {
    if (schema === "public") return name;
    if (definedRelation(server, tx, schemaName(schema)) !== null) return qualified(schema, name);
  }
  return null;
}

export function temporaryName({ session }: Transaction, name: string): string {
  return `${TEMPORARY}${session}.${name}`;
}

export function isTemporaryName(name: string): boolean {
  return name.startsWith(TEMPORARY);
}

/** Schemas are names among the others. */
export function schemaName(schema: string): string {
  return `schema ${schema}`;
}

export function bareName(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

const TEMPORARY = "pg_temp_";

function qualified(schema: string, name: string): string {
  const whole = schema === "" ? name : `${schema}.${name}`;
  return whole.startsWith("public.") ? whole.slice("public.".length) : whole;
}

function definedRelation(server: Server, tx: Transaction, name: string): Relation | null {
  const relation = server.relations.get(name);
  return relation !== undefined && definedAs(relation, tx) !== null ? relation : null;
}

function definedAs(relation: Relation, tx: Transaction): Defined | null {
  return relation.definer === tx.number ? relation.pending : relation.current;
}
