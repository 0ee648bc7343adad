/** `lockstep verify MODEL`: every interleaving within bounds; the shortest counterexample, or what was never reached. */
import { Command } from "commander";
import { type Bounds, type Exploration, explore, type Unreached } from "../explore/verify/explorer.ts";
import type { Model } from "../explore/verify/model.ts";
import { changeable, MODELS, membershipNamed } from "../explore/verify/models/models.ts";
import { loadModel, type ModelRequest, writeCounterexample } from "./counterexample-file.ts";
import { EXIT, UserError } from "./exit.ts";
import { assertWritable } from "./files.ts";
import { showProgress } from "./progress.ts";
import { MARKS, paint } from "./report.ts";

interface VerifyOptions {
  readonly depth?: string;
  readonly states?: string;
  readonly nodes?: string;
  readonly transactions?: string;
  readonly generations?: string;
  readonly timeouts?: string;
  readonly crashes?: string;
  readonly duplicates?: string;
  readonly failures?: string;
  readonly promptAnswers: boolean;
  readonly prepared: boolean;
  readonly ordered: boolean;
  readonly mutant?: string;
  readonly save?: string;
  readonly list: boolean;
  readonly json: boolean;
}

export function verifyCommand(): Command {
  return new Command("verify")
    .description("Explore every interleaving of a model, and say what breaks and what was never reached.")
    .argument("[model]", "one that --list names")
    .option("--depth <n>", "go no deeper; the initial state is at depth 1")
    .option("--states <n>", "stop when so many distinct states are known")
    .option("--nodes <n>", "nodes of the cluster, 2 to 5")
    .option("--transactions <n>", "of generations and recovery: how many there are in all, 1 to 5")
    .option("--generations <n>", "of generations and recovery: how many there are in all, 1 to 7")
    .option("--timeouts <n>", "how often in all a node's timeouts may be over")
    .option("--crashes <n>", "how often in all a node may crash")
    .option("--duplicates <n>", "how many messages may arrive twice")
    .option("--failures <n>", "how often a database may fail to apply or to prepare")
    .option("--prompt-answers", "a database's answer is heard before anything else happens", false)
    .option("--prepared", "begin when every node has prepared, and nobody has heard of it", false)
    .option("--ordered", "what one node sends another arrives in order", false)
    .option(
      "--mutant <name>",
      "with one rule broken; lockstep list names those of the protocols, --list the others",
    )
    .option("--save <file>", "write the counterexample, from which `lockstep replay` takes its actions again")
    .option("--list", "list the models", false)
    .option("--json", "print one JSON value", false)
    .action((name: string | undefined, options: VerifyOptions) => {
      process.exitCode = options.list ? list(options.json) : verify(name, options);
    });
}

interface Outcome extends Exploration {
  readonly model: string;
  readonly bounds: string;
  readonly mutant: string | null;
  /** No counterexample, and every outcome was reached. */
  readonly passed: boolean;
  readonly seconds: number;
  readonly statesPerSecond: number;
}

function verify(name: string | undefined, options: VerifyOptions): number {
  const request = requestOf(name, options);
  const model = loadModel(request);
  const bounds = boundsOf(options);
  if (options.save !== undefined) assertWritable(options.save);
  const outcome = exploreTimed(model, bounds, request);
  if (options.save !== undefined && outcome.counterexample !== null) {
    writeCounterexample(options.save, {
      ...request,
      ...outcome.counterexample,
      actions: [...outcome.counterexample.actions],
    });
  }
  process.stdout.write(options.json ? `${JSON.stringify(outcome)}\n` : describe(outcome, model));
  return outcome.passed ? EXIT.held : EXIT.violated;
}

function exploreTimed(model: Model, bounds: Bounds, { mutant }: ModelRequest): Outcome {
  const progress = showProgress();
  const started = performance.now();
  const found = explore(model, bounds, (distinct, waiting) => {
    const share = bounds.states === undefined ? 0 : distinct / bounds.states;
    progress.update(Math.min(share, 1), `${show(distinct)} states, ${show(waiting)} waiting`);
  });
  progress.end();
  const seconds = (performance.now() - started) / 1_000;
  return {
    model: model.name,
    bounds: model.bounds,
    mutant,
    passed: found.counterexample === null && found.unreached.outcomes.length === 0,
    ...found,
    seconds: Math.round(seconds * 1_000) / 1_000,
    statesPerSecond: Math.round(found.distinct / seconds),
  };
}

function requestOf(name: string | undefined, options: VerifyOptions): ModelRequest {
  if (name === undefined) {
    throw new UserError(`verify needs a model: ${MODELS.map((model) => model.name).join(", ")}`);
  }
  const allowance = {
    ...(options.nodes === undefined ? {} : { nodes: numberOf("nodes", options.nodes, 2, 5) }),
    ...(options.transactions === undefined
      ? {}
      : { transactions: numberOf("transactions", options.transactions, 1, 5) }),
    ...(options.generations === undefined
      ? {}
      : { generations: numberOf("generations", options.generations, 1, 7) }),
    ...(options.timeouts === undefined ? {} : { timeouts: numberOf("timeouts", options.timeouts, 0, 100) }),
    ...(options.crashes === undefined ? {} : { crashes: numberOf("crashes", options.crashes, 0, 100) }),
    ...(options.duplicates === undefined
      ? {}
      : { duplicates: numberOf("duplicates", options.duplicates, 0, 100) }),
    ...(options.failures === undefined ? {} : { failures: numberOf("failures", options.failures, 0, 100) }),
    ...(options.promptAnswers ? { lateAnswers: false } : {}),
    ...(options.prepared ? { prepared: true } : {}),
    ...(options.ordered ? { ordered: true } : {}),
  };
  const mutant = options.mutant ?? null;
  assertTakes(name, Object.keys(allowance), mutant);
  return { model: name, allowance, mutant };
}

function assertTakes(name: string, bounds: readonly string[], mutant: string | null): void {
  const taken = changeable(name);
  if (taken === null && (mutant !== null || bounds.length > 0)) {
    throw new UserError(
      `${name} takes no option but --depth, --states and --json: nothing in it can be changed`,
    );
  }
  const strange = bounds.find((bound) => taken !== null && !taken.includes(bound));
  if (strange !== undefined)
    throw new UserError(`${name} has no bound on ${strange}, only on ${taken?.join(", ")}`);
}

function boundsOf({ depth, states }: VerifyOptions): Bounds {
  return {
    ...(depth === undefined ? {} : { depth: numberOf("depth", depth, 1, 1_000_000) }),
    ...(states === undefined ? {} : { states: numberOf("states", states, 1, 100_000_000) }),
  };
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UserError(`--${option} ${text}: expected a whole number from ${least} to ${most}`);
}

function list(json: boolean): number {
  const models = MODELS.map(({ name, about, source, bounds }) => ({
    name,
    about,
    source,
    bounds,
    mutants: membershipNamed(name)?.mutants ?? {},
  }));
  process.stdout.write(json ? `${JSON.stringify({ models })}\n` : models.map(describeListed).join(""));
  return EXIT.held;
}

function describeListed(model: {
  name: string;
  about: string;
  mutants: Readonly<Record<string, string>>;
}): string {
  const mutants = Object.entries(model.mutants).map(([name, about]) => `    ${name.padEnd(22)}  ${about}\n`);
  return `  ${model.name.padEnd(22)}  ${model.about}\n${mutants.join("")}`;
}

function describe(outcome: Outcome, model: Model): string {
  const { distinct, generated, depth, seconds, statesPerSecond, mutant, passed } = outcome;
  return `${[
    `${paint("bold", model.name)}  ${model.about}${mutant === null ? "" : `, mutant ${mutant}`}`,
    `  bounds: ${model.bounds}`,
    `  ${show(distinct)} distinct states of ${show(generated)} generated, depth ${depth}, in ${seconds.toFixed(1)} s: ${show(statesPerSecond)} states/s`,
    `  ${EXTENTS[outcome.stoppedBy ?? "nothing"]}`,
    "",
    ...invariantLines(outcome, model),
    ...counterexampleLines(outcome),
    ...unreachedLines(outcome.unreached, outcome.stoppedBy),
    "",
    passed ? "  passed" : `  ${paint("red", "not passed")}`,
  ].join("\n")}\n`;
}

const EXTENTS = {
  nothing: "exhausted: every state within these bounds was visited",
  depth: "bounded: deeper states were not visited",
  states: "bounded: states beyond that number were not visited",
  violation: "ended at the first violation, which no shorter run reaches",
} as const;

function invariantLines({ counterexample, stoppedBy }: Outcome, { invariants }: Model): string[] {
  return invariants.map(({ name }) => {
    if (counterexample?.invariant === name)
      return `  ${paint("red", MARKS.violated)} ${name}: ${counterexample.evidence}`;
    const sofar = stoppedBy === null ? "" : " in the states visited";
    return `  ${paint("green", MARKS.holds)} ${name.padEnd(22)} holds${sofar}`;
  });
}

function counterexampleLines({ counterexample }: Outcome): string[] {
  if (counterexample === null) return [];
  const { actions } = counterexample;
  return [
    "",
    `  the shortest run to it, ${actions.length} actions:`,
    ...actions.map((action, index) => `  ${String(index + 1).padStart(3)}  ${action}`),
  ];
}

function unreachedLines(unreached: Unreached, stoppedBy: Outcome["stoppedBy"]): string[] {
  const kinds = Object.entries(unreached).filter(([, words]) => words.length > 0);
  if (kinds.length === 0) return ["", "  every action, message, state and outcome was reached"];
  const until = stoppedBy === "violation" ? " before the violation" : "";
  return ["", ...kinds.map(([kind, words]) => `  ${kind} never reached${until}: ${words.join("; ")}`)];
}

function show(count: number): string {
  return count.toLocaleString("en-US");
}
