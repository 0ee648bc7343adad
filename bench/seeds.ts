/** Runs seeds in a process of its own, with all checks, for some seconds after it is warm. Prints JSON: {seeds, virtual, seconds}. */
import { sweepSeed } from "../explore/sweep/sweep-seed.ts";
import { faultyBank } from "./faulty-bank.ts";

const [min = "5", max = "50", warm = "80", seconds = "5"] = process.argv.slice(2);
const scenario = faultyBank([Number(min), Number(max)]);
let seed = 0;

function main(): void {
  while (seed < Number(warm)) runNext();
  const began = performance.now();
  const until = began + Number(seconds) * 1_000;
  let virtualUs = 0;
  while (performance.now() < until) virtualUs += runNext();
  const measured = {
    seeds: seed - Number(warm),
    virtual: virtualUs / 1e6,
    seconds: (performance.now() - began) / 1_000,
  };
  process.stdout.write(JSON.stringify(measured));
}

/** Its virtual microseconds. */
function runNext(): number {
  seed += 1;
  return sweepSeed({ scenario, swarm: false, seed: String(seed), twice: false }).virtualUs;
}

main();
