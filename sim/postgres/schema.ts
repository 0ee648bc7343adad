/** What is defined on a server, in lines that are equal where the definitions are. */
import { isTemporaryName } from "./relations.ts";
import type { Relation, Server, Table } from "./state.ts";

/** In order of name; without temporary tables. */
export function schemaLines(server: Server): string[] {
  const lines: string[] = [];
  for (const relation of server.relations.values()) {
    if (relation.current === null || isTemporaryName(relation.name)) continue;
    lines.push(describe(relation));
  }
  return lines.sort();
}

function describe({ name, current }: Relation): string {
  switch (current?.kind) {
    case "table":
      return describeTable(current);
    case "sequence":
      return `sequence ${name}`;
    default:
      return name;
  }
}

function describeTable({
  name,
  definition,
  defaults,
  uniques,
  parents,
  owner,
  tablespace,
  persistence,
}: Table) {
  const columns = definition.columns.map((column, place) => {
    return defaults.has(place) ? `${column} default ${JSON.stringify(defaults.get(place))}` : column;
  });
  return [
    `table ${name} (${columns.join(", ")})`,
    definition.key === null ? "no primary key" : `primary key ${definition.key}`,
    ...uniques.map(({ constraint }) => `unique ${constraint}`),
    ...parents.map(({ constraint, parent }) => `${constraint} references ${parent}`),
    `owner ${owner}`,
    ...(tablespace === "" ? [] : [`tablespace ${tablespace}`]),
    ...(persistence === "local" ? ["local"] : []),
  ].join(", ");
}
