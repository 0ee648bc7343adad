/** How fast seeds are swept: seeds a second on one core, how that grows on two, and virtual over real time. */

import { type SweepRequest, sweep } from "../explore/sweep/sweep.ts";
import { createTally } from "../explore/sweep/tally.ts";
import { parseScenario } from "../scenarios/scenario.ts";

const SEEDS = 300;
/** By then every worker has compiled what it runs. */
const WARM = 100;
const VIRTUAL_SECONDS = 10;

async function main(): Promise<void> {
  const scenario = parseScenario({
    name: "bench",
    duration: `${VIRTUAL_SECONDS}s`,
    workload: { kind: "bank", think: { kind: "uniform", min: "5ms", max: "50ms" } },
    nemesis: { kinds: ["crash", "pause", "cut", "partition", "clock step", "slow fsync", "delay"] },
  });
  const request = { scenario, swarm: false, first: 1, last: SEEDS, twiceEvery: 0 };
  const one = await measure(request, 1);
  const two = await measure(request, 2);
  print(
    `\n${SEEDS} seeds of the 3-node bank with faults, ${VIRTUAL_SECONDS} virtual seconds each, all checks on`,
  );
  print(`  one worker    ${one.rate.toFixed(1)} seeds/s`);
  print(`  two workers   ${two.rate.toFixed(1)} seeds/s`);
  print(`  two / one     ${(two.rate / one.rate).toFixed(2)}   (goal: at least 1.8)`);
  print(`  virtual time  ${one.virtual.toFixed(0)} x real time on one core   (goal: at least 1,000)`);
}

async function measure(request: SweepRequest, workers: number): Promise<{ rate: number; virtual: number }> {
  const tally = createTally();
  let warm: { at: number; busyMs: number; virtualUs: number; done: number } | null = null;
  const progress = (done: number): void => {
    if (warm !== null || done < WARM) return;
    warm = { at: performance.now(), busyMs: tally.busyMs, virtualUs: tally.virtualUs, done };
  };
  await sweep(request, tally, { workers, stop: new AbortController().signal, progress });
  const from = warm ?? { at: 0, busyMs: 0, virtualUs: 0, done: 0 };
  return {
    rate: (SEEDS - from.done) / ((performance.now() - from.at) / 1_000),
    virtual: (tally.virtualUs - from.virtualUs) / 1e3 / (tally.busyMs - from.busyMs),
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
