/**
 * A worker of the fleet: takes ranges of seeds from the queue, runs them on its threads, writes each result as it comes.
 *
 * Why nothing is lost: a range is taken in the transaction that notes it in the worker's own row, and a worker that is
 * not seen for `lostAfterMs` has its ranges put back by any other one. A range ends only in the transaction that takes
 * it off the worker's row; until then it comes back. Why nothing is counted twice: a seed's result is one row with
 * (sweep, seed) as its key, whoever ran it, and a range that comes back runs only the seeds that have no row.
 */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type PgBoss from "pg-boss";
import type { RanSeed, SeedPool } from "../sweep/pool.ts";
import { requestOfSeed, type SweepRequest } from "../sweep/sweep.ts";
import { resultOfBrokenRun, type SeedRequest } from "../sweep/sweep-seed.ts";
import { beat, takeBackLost } from "./fleet.ts";
import {
  inTransaction,
  messageOf,
  putRanges,
  SEEDS_AT_ONCE,
  type SeedRange,
  type SweepQueue,
  within,
} from "./queue.ts";
import { addResult, seedsWithoutResult } from "./results.ts";
import { isWanted, readSweep } from "./sweeps.ts";

export interface WorkerOptions {
  readonly threads: number;
  readonly pool: SeedPool;
  /** No seed begins after this; what is left of a range goes back into the queue. */
  readonly stop: AbortSignal;
  /** End as soon as nothing waits in the queue. */
  readonly untilEmpty: boolean;
  /** A worker that was not seen for so long is taken for dead. */
  readonly lostAfterMs: number;
  /** For people: what happens that is out of the ordinary. */
  readonly say: (line: string) => void;
}

interface Worker extends WorkerOptions {
  readonly id: string;
  readonly queue: SweepQueue;
  readonly requests: Map<number, SweepRequest>;
}

interface Taken {
  readonly id: string;
  readonly range: SeedRange;
}

const IDLE_MS = 500;
const RETRY_MS = 1_000;

/** Runs until it is told to stop, or until nothing is left; returns how many seeds it ran. */
export async function runWorker(queue: SweepQueue, options: WorkerOptions): Promise<number> {
  const worker: Worker = { ...options, id: randomUUID(), queue, requests: new Map() };
  await queue.pool.query(
    "insert into lockstep.workers (id, host, pid, threads, code, queue) values ($1, $2, $3, $4, $5, $6)",
    [worker.id, hostname(), process.pid, options.threads, queue.code, queue.name],
  );
  const ended = new AbortController();
  const watch = keepWatch(worker, ended.signal);
  try {
    const threads = Array.from({ length: options.threads }, () => takeRanges(worker));
    return (await Promise.all(threads)).reduce((sum, seeds) => sum + seeds, 0);
  } finally {
    ended.abort();
    await watch;
    await queue.pool.query("update lockstep.workers set stopped_at = now() where id = $1", [worker.id]);
  }
}

/** Says that this worker is alive, and looks after those that are not. */
async function keepWatch(worker: Worker, ended: AbortSignal): Promise<void> {
  const { queue, lostAfterMs, say } = worker;
  while (!ended.aborted) {
    await persevere(worker, async () => {
      await beat(queue, worker.id);
      for (const { host, pid, ranges, givenUp } of await takeBackLost(queue, lostAfterMs)) {
        say(`worker ${host}:${pid} is lost; ${ranges} ranges of it go back into the queue`);
        for (const seed of givenUp) say(`seed ${seed} is given up: it costs one worker after the other`);
      }
    });
    await sleep(lostAfterMs / 5, undefined, { signal: ended }).catch(() => {});
  }
}

async function takeRanges(worker: Worker): Promise<number> {
  let seeds = 0;
  while (!worker.stop.aborted) {
    const taken = await persevere(worker, () => take(worker));
    if (taken !== null) {
      seeds += await runRange(worker, taken);
    } else {
      if (worker.untilEmpty) return seeds;
      await sleep(IDLE_MS, undefined, { signal: worker.stop }).catch(() => {});
    }
  }
  return seeds;
}

/** What is taken is noted in the worker's row, and what is too much goes back, all in one transaction. */
async function take({ queue, id }: Worker): Promise<Taken | null> {
  return await inTransaction(queue.pool, async (client) => {
    const job = await fetchWanted(queue, client);
    const range = job === null ? null : cut(job.data);
    // Also when there is no job: the fetch itself does not say that the connection broke.
    await client.query("update lockstep.workers set jobs = jobs || $2 where id = $1", [
      id,
      JSON.stringify(job === null ? {} : { [job.id]: range }),
    ]);
    if (job === null || range === null) return null;
    const rest = { ...job.data, first: range.last + 1, lost: 0 };
    if (rest.first <= rest.last) await putRanges(queue, queue.name, [rest], client);
    return { id: job.id, range };
  });
}

/** The next job of a sweep that is not cancelled; jobs of cancelled ones end here. */
async function fetchWanted(queue: SweepQueue, client: pg.PoolClient): Promise<PgBoss.Job<SeedRange> | null> {
  for (;;) {
    const [job] = await queue.boss.fetch<SeedRange>(queue.name, { batchSize: 1, ...within(client) });
    if (job === undefined) return null;
    if (await isWanted(client, job.data.sweep)) return job;
    await queue.boss.complete(queue.name, job.id, {}, within(client));
  }
}

function cut(range: SeedRange): SeedRange {
  return { ...range, last: Math.min(range.last, range.first + SEEDS_AT_ONCE - 1) };
}

/** Runs what of the range has no result yet; returns how many seeds it ran. */
async function runRange(worker: Worker, taken: Taken): Promise<number> {
  const { queue } = worker;
  const { range } = taken;
  const request = await persevere(worker, () => requestOf(worker, range.sweep));
  const seeds = await persevere(worker, () => seedsWithoutResult(queue.pool, range));
  let ran = 0;
  for (const seed of seeds) {
    if (worker.stop.aborted) break;
    await runSeed(worker, range.sweep, request, seed);
    ran += 1;
  }
  await persevere(worker, () => finish(worker, taken, seeds[ran] ?? null));
  return ran;
}

async function requestOf({ queue, requests }: Worker, id: number): Promise<SweepRequest> {
  const known = requests.get(id);
  if (known !== undefined) return known;
  const sweep = await readSweep(queue, id);
  if (sweep === null) throw new Error(`sweep ${id} is gone from the database while its seeds are run`);
  requests.set(id, sweep.request);
  return sweep.request;
}

async function runSeed(worker: Worker, sweep: number, request: SweepRequest, seed: number): Promise<void> {
  const { result, ms } = await runOrSayWhy(worker.pool, requestOfSeed(request, seed));
  const stored = { sweep, worker: worker.id, ms, result };
  await persevere(worker, () => addResult(worker.queue.pool, stored));
}

/** What a run throws is a result; here it is its thread that died, most likely for want of memory. */
async function runOrSayWhy(pool: SeedPool, request: SeedRequest): Promise<RanSeed> {
  try {
    const [ran] = await pool.run([request]);
    if (ran !== undefined) return ran;
    throw new Error("the thread gave no result");
  } catch (error) {
    const why = `the run ended its thread: ${messageOf(error)}`;
    return { result: resultOfBrokenRun(request.seed, why), ms: 0 };
  }
}

/** The range is done up to `rest`, from where another worker goes on. */
async function finish({ queue, id }: Worker, taken: Taken, rest: number | null): Promise<void> {
  await inTransaction(queue.pool, async (client) => {
    await queue.boss.complete(queue.name, taken.id, {}, within(client));
    if (rest !== null) await putRanges(queue, queue.name, [{ ...taken.range, first: rest }], client);
    await client.query("update lockstep.workers set jobs = jobs - $2 where id = $1", [id, taken.id]);
  });
}

/** A database that is away comes back: everything is tried again until then, or until the worker is told to stop. */
async function persevere<Result>({ say, stop }: Worker, work: () => Promise<Result>): Promise<Result> {
  for (let told = false; ; ) {
    try {
      return await work();
    } catch (error) {
      if (!isAway(error) || stop.aborted) throw error;
      if (!told) say(`the queue cannot be reached (${messageOf(error)}); trying until it can`);
      told = true;
      await sleep(RETRY_MS, undefined, { signal: stop }).catch(() => {});
    }
  }
}

/** Whether the connection broke or could not be made: nothing is wrong with what was asked. */
function isAway(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (/^(08|57P|53300)/.test(code) || /^E[A-Z]+$/.test(code)) return true;
  return error instanceof Error && /terminated|timeout|ended unexpectedly|not queryable/i.test(error.message);
}
