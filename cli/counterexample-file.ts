/**
 * A counterexample of `lockstep verify` as a file: `{lockstep: VERSION, model, allowance, mutant, invariant, evidence,
 * actions}`. The actions are words; the states are derived again.
 */
import { statSync } from "node:fs";
import { z } from "zod";
import { type Followed, follow } from "../explore/verify/follow.ts";
import type { Model } from "../explore/verify/model.ts";
import type { Allowance } from "../explore/verify/models/allowance.ts";
import type { MembershipModel } from "../explore/verify/models/membership/membership.ts";
import { membershipNamed, modelNamed } from "../explore/verify/models/models.ts";
import { mutantNamed } from "../scenarios/mutants/mutants.ts";
import { MUTANT_NAMES } from "../scenarios/mutants/names.ts";
import { VERSION } from "../scenarios/version.ts";
import { EXIT, UserError } from "./exit.ts";
import { parseFile, readText, writeText } from "./files.ts";

const count = z.number().int().min(0).max(100);

const request = z.strictObject({
  model: z.string(),
  allowance: z
    .strictObject({
      nodes: z.number().int().min(2).max(5),
      timeouts: count,
      crashes: count,
      duplicates: count,
      failures: count,
      lateAnswers: z.boolean(),
      prepared: z.boolean(),
      ordered: z.boolean(),
      transactions: z.number().int().min(1).max(5),
      generations: z.number().int().min(1).max(7),
    })
    .partial(),
  mutant: z.string().nullable(),
});

const counterexampleFile = request.extend({
  lockstep: z.string(),
  invariant: z.string(),
  evidence: z.string(),
  actions: z.array(z.string()),
});

export type ModelRequest = z.output<typeof request>;
type CounterexampleFile = z.output<typeof counterexampleFile>;

/** Throws UserError: there is no such model or mutant, or an option does not fit it. */
export function loadModel({ model, allowance, mutant }: ModelRequest): Model {
  // An option that was not given is no change.
  const changes = Object.fromEntries(Object.entries(allowance).filter(([, value]) => value !== undefined));
  const membership = membershipNamed(model);
  const found =
    membership === undefined ? loadOurs(model, changes, mutant) : loadMembership(membership, changes, mutant);
  if (found === undefined)
    throw new UserError(`there is no model ${model}; lockstep verify --list names them`);
  return found;
}

function loadOurs(model: string, changes: Partial<Allowance>, mutant: string | null): Model | undefined {
  if (mutant === null) return modelNamed(model, changes);
  const known = MUTANT_NAMES.find((name) => name === mutant);
  if (known === undefined) throw new UserError(`there is no mutant ${mutant}; lockstep list names them`);
  return modelNamed(model, changes, mutantNamed(known).step);
}

function loadMembership(
  { name, mutants, build }: MembershipModel,
  changes: Parameters<MembershipModel["build"]>[0],
  mutant: string | null,
): Model {
  if (mutant !== null && !Object.hasOwn(mutants, mutant))
    throw new UserError(`${name} has no mutant ${mutant}, only ${Object.keys(mutants).join(", ")}`);
  try {
    return build(changes, mutant);
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${name}: ${error.message}`);
    throw error;
  }
}

export function writeCounterexample(path: string, found: Omit<CounterexampleFile, "lockstep">): void {
  writeText(path, `${JSON.stringify({ lockstep: VERSION, ...found }, null, 2)}\n`);
}

/** Whether the file says that it is a counterexample, and not a run of the simulator. */
export function isCounterexample(path: string): boolean {
  // A pipe can be read only once, by whoever takes it for a run.
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
  const text = readText(path);
  if (!text.trimStart().startsWith("{")) return false;
  try {
    return "model" in JSON.parse(text);
  } catch {
    return false;
  }
}

/** Prints whether the actions lead to the same violation again; returns the exit code. */
export function replayCounterexample(path: string, json: boolean): number {
  const recorded = readCounterexample(path);
  const followed = follow(loadModel(recorded), recorded.actions);
  const { invariant, evidence } = recorded;
  const exact = followed.violation?.invariant === invariant && followed.violation.evidence === evidence;
  const outcome = { file: path, exact, model: recorded.model, actions: recorded.actions.length, ...followed };
  process.stdout.write(json ? `${JSON.stringify(outcome)}\n` : describe(recorded, followed, exact));
  return exact ? EXIT.held : EXIT.violated;
}

function readCounterexample(path: string): CounterexampleFile {
  return parseFile(counterexampleFile, JSON.parse(readText(path)), path, "a counterexample");
}

function describe(recorded: CounterexampleFile, { differsAt, violation }: Followed, exact: boolean): string {
  const { actions, invariant, evidence } = recorded;
  const lines = actions.map((action, index) => `  ${String(index + 1).padStart(3)}  ${action}`);
  if (exact)
    return [
      ...lines,
      `exact: ${actions.length} actions, then "${invariant}" is violated: ${evidence}`,
      "",
    ].join("\n");
  if (differsAt !== null) {
    return [...lines.slice(0, differsAt), `not exact: action ${differsAt} cannot be taken any more`, ""].join(
      "\n",
    );
  }
  const now =
    violation === null ? "nothing is violated" : `"${violation.invariant}" is: ${violation.evidence}`;
  return [...lines, `not exact: recorded was "${invariant}": ${evidence}; now ${now}`, ""].join("\n");
}
