/** A scenario as a person would write it: what differs from what is usual, in durations that can be read. */
import { MAX_NODES } from "../../protocol/members.ts";
import { parseScenario, type Scenario, type ScenarioInput } from "../../scenarios/scenario.ts";

/** Parses to the same scenario. */
export function minimalInput(scenario: Scenario): ScenarioInput {
  const usual = { ...parseScenario({ name: scenario.name }), workload: usualWorkload(scenario.workload) };
  const input = { name: scenario.name, ...difference(scenario, usual) } as Record<string, unknown>;
  if ("workload" in input) input.workload = { kind: scenario.workload.kind, ...(input.workload as object) };
  else if (scenario.workload.kind !== "bank") input.workload = { kind: scenario.workload.kind };
  if (scenario.workload.kind === "script") {
    input.workload = {
      ...(input.workload as object),
      clients: scenario.workload.clients.map(plainClient),
    };
  }
  if (scenario.faults.length > 0) input.faults = scenario.faults.map(plainFault);
  for (const field of ["duration", "settle"]) {
    const us = input[field];
    if (typeof us === "number") input[field] = showDuration(us);
  }
  return input as ScenarioInput;
}

/** A workload of the same kind of which nothing more is said than must be. */
export function usualWorkload(workload: Scenario["workload"]): Scenario["workload"] {
  const said =
    workload.kind === "script" ? { kind: "script", clients: workload.clients } : { kind: workload.kind };
  return parseScenario({ name: "usual", nodes: MAX_NODES, workload: said as never }).workload;
}

/** As JSON in which what is short stands on one line. */
export function printInput(value: unknown, indent = ""): string {
  const flat = JSON.stringify(value);
  if (typeof value !== "object" || value === null || indent.length + flat.length <= LINE) return spaced(flat);
  const inner = `${indent}  `;
  const lines = Array.isArray(value)
    ? value.map((item) => `${inner}${printInput(item, inner)}`)
    : Object.entries(value).map(
        ([field, item]) => `${inner}${JSON.stringify(field)}: ${printInput(item, inner)}`,
      );
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

const LINE = 90;

/** Spaces behind colons and commas, but not within text. */
function spaced(flat: string): string {
  return flat.replaceAll(/"(?:[^"\\]|\\.)*"|[:,]/g, (part) =>
    part === ":" || part === "," ? `${part} ` : part,
  );
}

/** Exactly, in the largest unit that needs no fraction. */
function showDuration(us: number): string {
  if (us % 1_000_000 === 0) return `${us / 1_000_000}s`;
  return us % 1_000 === 0 ? `${us / 1_000}ms` : `${us}us`;
}

/** The fields of `value` that `usual` does not have, or has otherwise; arrays and tagged unions are taken whole. */
function difference(value: object, usual: object): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [field, own] of Object.entries(value)) {
    const other = (usual as Record<string, unknown>)[field];
    if (JSON.stringify(own) === JSON.stringify(other)) continue;
    const isPlain = isRecord(own) && isRecord(other) && (field === "workload" || !("kind" in own));
    kept[field] = isPlain ? difference(own, other) : own;
  }
  return kept;
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function plainClient({ node, isolation, start, transactions }: ScriptClient): unknown {
  return {
    node,
    ...(isolation === "repeatable read" ? {} : { isolation }),
    ...(start === 0 ? {} : { start: showDuration(start) }),
    transactions,
  };
}

type ScriptClient = Extract<Scenario["workload"], { kind: "script" }>["clients"][number];

/** Without what goes without saying. */
function plainFault(scheduled: Scenario["faults"][number]): unknown {
  const { when, fault, forUs } = scheduled;
  const plain = "on" in when ? { on: plainTrigger(when.on) } : { at: showDuration(when.at) };
  return { when: plain, fault, ...(forUs === undefined ? {} : { forUs: showDuration(forUs) }) };
}

function plainTrigger(on: {
  node: number;
  site: string;
  when: string;
  nth: number;
  from: number;
  to?: number | undefined;
}) {
  return {
    node: on.node,
    site: on.site,
    ...(on.when === "before" ? {} : { when: on.when }),
    ...(on.nth === 1 ? {} : { nth: on.nth }),
    ...(on.to === undefined ? {} : { to: on.to }),
    ...(on.from === 0 ? {} : { from: showDuration(on.from) }),
  };
}
