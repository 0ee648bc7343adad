/** The workers as a whole: who is alive, and what becomes of the work of those that are not. */
import type pg from "pg";
import { resultOfBrokenRun, type SeedResult } from "../sweep/sweep-seed.ts";
import { inTransaction, putRanges, type SeedRange, type SweepQueue, within } from "./queue.ts";
import { addResult, seedsWithoutResult } from "./results.ts";

/** Also one that was taken for dead and is not: what it does counts, since a seed counts once. */
export async function beat({ pool }: SweepQueue, worker: string): Promise<void> {
  await pool.query("update lockstep.workers set seen_at = now(), lost_at = null where id = $1", [worker]);
}

export interface LostWorker {
  readonly host: string;
  readonly pid: number;
  readonly ranges: number;
  /** Seeds that are given up, since they cost one worker after the other. */
  readonly givenUp: readonly number[];
}

/** Puts back what workers hold that were not seen for so long. Each is found by one of those who look. */
export async function takeBackLost(queue: SweepQueue, lostAfterMs: number): Promise<LostWorker[]> {
  return await inTransaction(queue.pool, async (client) => {
    const { rows } = await client.query<LostRow>(
      `with lost as (
         select id, jobs from lockstep.workers
         where lost_at is null and stopped_at is null and seen_at < now() - $1 * interval '1 millisecond'
         for update skip locked)
       update lockstep.workers w set lost_at = now(), jobs = '{}' from lost where w.id = lost.id
       returning w.host, w.pid, w.queue, lost.jobs`,
      [lostAfterMs],
    );
    const lost: LostWorker[] = [];
    for (const row of rows) lost.push(await takeBack(queue, client, row));
    return lost;
  });
}

interface LostRow {
  readonly host: string;
  readonly pid: number;
  readonly queue: string;
  readonly jobs: Readonly<Record<string, SeedRange>>;
}

async function takeBack(queue: SweepQueue, client: pg.PoolClient, row: LostRow): Promise<LostWorker> {
  const { host, pid, queue: name, jobs } = row;
  const givenUp: number[] = [];
  for (const [job, range] of Object.entries(jobs)) {
    const [seed, next] = await seedsWithoutResult(client, range);
    await queue.boss.complete(name, job, {}, within(client));
    if (seed === undefined) continue;
    // The first seed without a result is the one that it ran.
    const lost = seed === range.first ? range.lost + 1 : 1;
    if (lost < WORKERS_A_SEED_MAY_COST) {
      await putRanges(queue, name, [{ ...range, first: seed, lost }], client);
      continue;
    }
    givenUp.push(seed);
    await addResult(client, { sweep: range.sweep, worker: null, ms: 0, result: brokenBy(seed) });
    if (next !== undefined) await putRanges(queue, name, [{ ...range, first: next, lost: 0 }], client);
  }
  return { host, pid, ranges: Object.keys(jobs).length, givenUp };
}

const WORKERS_A_SEED_MAY_COST = 4;

function brokenBy(seed: number): SeedResult {
  const died = `${WORKERS_A_SEED_MAY_COST} workers died or stood still`;
  return resultOfBrokenRun(String(seed), `the run does not end: ${died} while they ran it`);
}
