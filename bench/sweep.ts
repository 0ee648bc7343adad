/**
 * How fast seeds are swept: seeds a second on one core, how that grows on two, and virtual over real time.
 *
 * What two cores can give at most is measured too, by processes that share nothing: two cores of a machine may share a
 * memory, a cache and a clock that is lower when both work.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type SweepRequest, sweep } from "../explore/sweep/sweep.ts";
import { createTally } from "../explore/sweep/tally.ts";
import { faultyBank, VIRTUAL_SECONDS } from "./faulty-bank.ts";
import { median } from "./median.ts";

const ROUNDS = 3;
const SEEDS = 240;
/** By then every worker has compiled what it runs. */
const WARM = 80;
/** The room for the young that the pool gives its threads; and no core but its own. */
const FLAGS = ["--max-semi-space-size=21", "--single-threaded-gc", "--import", "tsx"];
const SECONDS = 5;
const BUSY = [5, 50] as const;
const CALM = [100, 500] as const;
const seedsFile = fileURLToPath(new URL("seeds.ts", import.meta.url));
const run = promisify(execFile);

interface Measured {
  readonly seeds: number;
  readonly virtual: number;
  readonly seconds: number;
}

interface Round {
  readonly one: number;
  readonly two: number;
  readonly oneApart: number;
  readonly twoApart: number;
  readonly busy: number;
  readonly calm: number;
}

async function main(): Promise<void> {
  print(
    `\nSeeds of the 3-node bank with faults, ${VIRTUAL_SECONDS} virtual seconds each, all checks on; medians of ${ROUNDS} rounds`,
  );
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measureRound());
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick));
  print(`  one worker       ${of(({ one }) => one).toFixed(1)} seeds/s`);
  print(`  two workers      ${of(({ two }) => two).toFixed(1)} seeds/s`);
  print(`  two / one        ${of(({ one, two }) => two / one).toFixed(2)}   (goal: at least 1.8)`);
  print(
    `  as processes     ${of(({ oneApart, twoApart }) => twoApart / oneApart).toFixed(2)}   (what this machine gives two that share nothing)`,
  );
  print("  virtual over real time, one process, 9 clients   (goal: at least 1,000)");
  print(`    that think ${BUSY.join(" to ")} ms      ${of(({ busy }) => busy).toFixed(0)}`);
  print(`    that think ${CALM.join(" to ")} ms   ${of(({ calm }) => calm).toFixed(0)}`);
}

async function measureRound(): Promise<Round> {
  const one = await poolRate(1);
  const two = await poolRate(2);
  const alone = await measureApart(BUSY);
  const pair = await Promise.all([measureApart(BUSY), measureApart(BUSY)]);
  const calm = await measureApart(CALM);
  return {
    one,
    two,
    oneApart: rateOf(alone),
    twoApart: rateOf(pair[0]) + rateOf(pair[1]),
    busy: alone.virtual / alone.seconds,
    calm: calm.virtual / calm.seconds,
  };
}

/** Seeds a second of a sweep, from when it is warm. */
async function poolRate(workers: number): Promise<number> {
  const request: SweepRequest = {
    scenario: faultyBank(BUSY),
    swarm: false,
    first: 1,
    last: SEEDS,
    twiceEvery: 0,
  };
  let from: { at: number; done: number } | null = null;
  const progress = (done: number): void => {
    if (from === null && done >= WARM * workers) from = { at: performance.now(), done };
  };
  await sweep(request, createTally(), { workers, stop: new AbortController().signal, progress });
  const { at, done } = from ?? { at: 0, done: 0 };
  return (SEEDS - done) / ((performance.now() - at) / 1_000);
}

/** In a process of its own. */
async function measureApart([min, max]: readonly [number, number]): Promise<Measured> {
  const args = [...FLAGS, seedsFile, ...[min, max, WARM, SECONDS].map(String)];
  const { stdout } = await run(process.execPath, args, { encoding: "utf8" });
  return JSON.parse(stdout) as Measured;
}

function rateOf({ seeds, seconds }: Measured): number {
  return seeds / seconds;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
