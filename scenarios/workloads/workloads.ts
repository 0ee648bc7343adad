/** The workloads by kind. A new one is a file beside the others and a row in each of the two lists here. */
import { z } from "zod";
import { bank, bankParameters } from "./bank.ts";
import { bulk, bulkParameters } from "./bulk.ts";
import { ddl, ddlParameters } from "./ddl.ts";
import { family, familyParameters } from "./family.ts";
import { gate, gateParameters } from "./gate.ts";
import { pairs, pairsParameters } from "./pairs.ts";
import { register, registerParameters } from "./register.ts";
import { script, scriptParameters } from "./script.ts";
import { sequence, sequenceParameters } from "./sequence.ts";
import type { Workload } from "./workload.ts";

export const workloadParameters = z.discriminatedUnion("kind", [
  bankParameters,
  registerParameters,
  pairsParameters,
  familyParameters,
  scriptParameters,
  sequenceParameters,
  ddlParameters,
  gateParameters,
  bulkParameters,
]);

export type WorkloadParameters = z.output<typeof workloadParameters>;

/** A workload whose memories are opaque to whoever runs it. */
export function createWorkload(parameters: WorkloadParameters, nodes: number): Workload<unknown> {
  switch (parameters.kind) {
    case "bank":
      return opaque(bank(parameters, nodes));
    case "register":
      return opaque(register(parameters, nodes));
    case "pairs":
      return opaque(pairs(parameters, nodes));
    case "family":
      return opaque(family(parameters, nodes));
    case "script":
      return opaque(script(parameters));
    case "ddl":
      return opaque(ddl(parameters, nodes));
    case "gate":
      return opaque(gate(parameters, nodes));
    case "bulk":
      return opaque(bulk(parameters, nodes));
    case "sequence":
      return opaque(sequence(parameters, nodes));
  }
}

/** Each client's memory only ever meets the program that made it. */
function opaque<Memory>(workload: Workload<Memory>): Workload<unknown> {
  return workload as Workload<unknown>;
}
