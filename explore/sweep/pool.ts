/** Worker threads that run seeds. */
import { Piscina } from "piscina";
import type { SeedRequest, SeedResult } from "./sweep-seed.ts";

export interface RanSeed {
  readonly result: SeedResult;
  readonly ms: number;
}

export interface SeedPool {
  /** Runs a batch on one thread, in its order. */
  run(batch: readonly SeedRequest[]): Promise<RanSeed[]>;
  destroy(): Promise<void>;
}

export function createSeedPool(threads: number): SeedPool {
  const pool = new Piscina<readonly SeedRequest[], RanSeed[]>({
    filename: new URL("./worker.mjs", import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    // Batches are handed out one by one, so that a stop is prompt.
    concurrentTasksPerWorker: 1,
    // A run leaves much garbage and little else: with room for the young the collector has less to copy.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  });
  return {
    run: (batch) => pool.run(batch, { name: "sweepBatch" }),
    destroy: () => pool.destroy(),
  };
}
