/** Many seeds of one scenario on all cores: a pool of worker threads that take batches of seeds. */
import type { Scenario } from "../../scenarios/scenario.ts";
import { createSeedPool } from "./pool.ts";
import type { SeedRequest } from "./sweep-seed.ts";
import { addToTally, isDone, seedsDone, type Tally } from "./tally.ts";

export interface SweepRequest {
  readonly scenario: Scenario;
  /** Whether every seed draws a cluster of its own. */
  readonly swarm: boolean;
  readonly first: number;
  readonly last: number;
  /** One seed in so many is run twice and compared event by event; 0: none. */
  readonly twiceEvery: number;
}

export interface SweepOptions {
  readonly workers: number;
  /** No batch begins after this. */
  readonly stop: AbortSignal;
  /** Called after every batch. */
  readonly progress: (done: number, failed: number) => void;
}

/** Adds to the tally every seed of the request that is not in it yet, until all are or it is told to stop. */
export async function sweep(request: SweepRequest, tally: Tally, options: SweepOptions): Promise<void> {
  const pool = createSeedPool(options.workers);
  const batches = batchesOf(request, tally);
  const takeBatches = async (): Promise<void> => {
    for (const batch of batches) {
      if (options.stop.aborted) return;
      for (const { result, ms } of await pool.run(batch)) {
        addToTally(tally, result);
        tally.busyMs += ms;
      }
      options.progress(seedsDone(tally), failedSeeds(tally));
    }
  };
  try {
    await Promise.all(Array.from({ length: options.workers }, takeBatches));
  } finally {
    await pool.destroy();
  }
}

export function requestOfSeed(request: SweepRequest, seed: number): SeedRequest {
  const { scenario, swarm, first, twiceEvery } = request;
  const twice = twiceEvery > 0 && (seed - first) % twiceEvery === 0;
  return { scenario, swarm, seed: String(seed), twice };
}

export function failedSeeds({ causes }: Tally): number {
  return Object.values(causes).reduce((sum, { count }) => sum + count, 0);
}

/** Small, so that the last ones end together; all takers share one generator. */
const SEEDS_IN_BATCH = 4;

function* batchesOf(request: SweepRequest, tally: Tally): Generator<readonly SeedRequest[]> {
  let batch: SeedRequest[] = [];
  for (let seed = request.first; seed <= request.last; seed++) {
    if (isDone(tally, seed)) continue;
    batch.push(requestOfSeed(request, seed));
    if (batch.length < SEEDS_IN_BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
