/** How many distinct states a second are visited: of the textbook models, and of our own reducers. */
import { explore } from "../explore/verify/explorer.ts";
import { MODELS } from "../explore/verify/models/models.ts";

/** Our own take minutes to exhaust; so many states say how fast they go. */
const STATES_OF_OURS = 100_000;

function main(): void {
  print("\nDistinct states of `lockstep verify`, one core");
  // Smaller models first: they warm up what the larger ones run.
  for (const { name } of MODELS.filter((model) => model.name.includes("textbook"))) {
    measure(name, Number.POSITIVE_INFINITY, "goal of the larger ones: at least 100,000 a second");
  }
  for (const name of ["2pc", "e3pc", "paxos-commit"]) measure(name, STATES_OF_OURS, "");
}

function measure(name: string, states: number, goal: string): void {
  const model = MODELS.find((known) => known.name === name);
  if (model === undefined) throw new Error(`there is no model ${name}`);
  const began = performance.now();
  const { counterexample, distinct } = explore(model, { states });
  if (counterexample !== null) throw new Error(`${name}: ${counterexample.evidence}`);
  const rate = Math.round(distinct / ((performance.now() - began) / 1_000)).toLocaleString("en-US");
  const line = `  ${name.padEnd(24)} ${distinct.toLocaleString("en-US").padStart(9)} states  ${rate.padStart(9)} a second`;
  print(goal === "" ? line : `${line}   (${goal})`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main();
