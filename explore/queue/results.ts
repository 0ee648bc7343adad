/** The one table of results: a row a seed, whoever ran it, written once. */
import type { SeedResult } from "../sweep/sweep-seed.ts";
import { addToTally, createTally, type Tally } from "../sweep/tally.ts";
import type { Database, SeedRange, SweepQueue } from "./queue.ts";

export interface StoredResult {
  readonly sweep: number;
  /** Null: no worker came to the end of it. */
  readonly worker: string | null;
  readonly ms: number;
  readonly result: SeedResult;
}

/** The first to write a seed's result writes it; any other of it is passed over. */
export async function addResult(
  database: Database,
  { sweep, worker, ms, result }: StoredResult,
): Promise<void> {
  await database.query(
    `with added as (
       insert into lockstep.results (sweep, seed, worker, ms, cause, result) values ($1, $2, $3, $4, $5, $6)
       on conflict do nothing returning worker)
     update lockstep.workers set seeds = seeds + 1 from added where id = added.worker`,
    [sweep, result.seed, worker, ms, result.failure?.cause ?? null, JSON.stringify(result)],
  );
}

/** In ascending order. */
export async function seedsWithoutResult(
  database: Database,
  { sweep, first, last }: SeedRange,
): Promise<number[]> {
  const { rows } = await database.query<{ seed: string }>(
    `select seed from generate_series($2::bigint, $3::bigint) as seed
     where not exists (select from lockstep.results r where r.sweep = $1 and r.seed = seed.seed) order by seed`,
    [sweep, first, last],
  );
  return rows.map(({ seed }) => Number(seed));
}

export interface ResultCounts {
  readonly done: number;
  readonly failed: number;
}

export async function countResults({ pool }: SweepQueue, sweep: number): Promise<ResultCounts> {
  const { rows } = await pool.query(
    "select count(*)::int as done, count(cause)::int as failed from lockstep.results where sweep = $1",
    [sweep],
  );
  return rows[0];
}

/** All results so far, in the order of their seeds. */
export async function tallyResults({ pool }: SweepQueue, sweep: number): Promise<Tally> {
  const tally = createTally();
  for (let after = -1; ; ) {
    const { rows } = await pool.query<{ seed: string; ms: number; result: SeedResult }>(
      "select seed, ms, result from lockstep.results where sweep = $1 and seed > $2 order by seed limit 1000",
      [sweep, after],
    );
    for (const { ms, result } of rows) {
      addToTally(tally, result);
      tally.busyMs += ms;
    }
    const last = rows.at(-1);
    if (last === undefined) return tally;
    after = Number(last.seed);
  }
}
