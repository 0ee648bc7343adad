/**
 * The queue of a sweep on more than one machine: pg-boss on a PostgreSQL that its users already run.
 *
 * pg-boss, since a job of it can be fetched, finished and handed back within a transaction of ours, so that what a
 * worker holds and what it has done never disagree; graphile-worker frees the jobs of a dead worker only after four
 * hours. A job is a range of seeds. Every code has a queue of its own, so a worker never sees seeds of other code.
 */
import pg from "pg";
import PgBoss from "pg-boss";
import { codeFingerprint } from "./code.ts";

export interface SweepQueue {
  readonly pool: pg.Pool;
  readonly boss: PgBoss;
  readonly code: string;
  /** The queue of this code. */
  readonly name: string;
  /** Host, port and database, without the password. */
  readonly where: string;
  close(): Promise<void>;
}

/** A connection, or any connection of the pool. */
export type Database = Pick<pg.ClientBase, "query">;

/** The seeds that one job is; a worker cuts off as many as it takes at once, and puts the rest back. */
export interface SeedRange {
  readonly sweep: number;
  readonly first: number;
  readonly last: number;
  /** How many workers were lost while they ran its first seed, or those before it. */
  readonly lost: number;
}

/** What a worker takes for a thread: a few seconds of work. */
export const SEEDS_AT_ONCE = 16;

/** Connects and makes the tables if they are not there; throws an error of one line. */
export async function openQueue(url: string, settings: { connections?: number } = {}): Promise<SweepQueue> {
  const pool = new pg.Pool({
    connectionString: url,
    max: settings.connections ?? 4,
    connectionTimeoutMillis: 10_000,
    application_name: "lockstep",
  });
  // A connection that breaks while nobody uses it is replaced at its next use, where the error is seen.
  pool.on("error", () => {});
  try {
    await makeTables(pool);
    const boss = await startBoss(pool);
    const code = codeFingerprint();
    const name = `seeds-${code}`;
    // A job outlives a long holiday; who takes back what dead workers hold is not pg-boss but the fleet.
    const patience = { retentionMinutes: 60 * 24 * 365, expireInSeconds: 60 * 60 * 23, retryLimit: 1_000 };
    await boss.createQueue(name, { name, ...patience });
    const close = async (): Promise<void> => {
      await boss.stop({ graceful: false, close: false });
      await pool.end();
    };
    const { host, pathname } = new URL(url);
    return { pool, boss, code, name, where: `${host}${pathname}`, close };
  } catch (error) {
    await pool.end();
    throw new Error(messageOf(error), { cause: error });
  }
}

/** The sweep's own tables. `results` is the one place that says which seeds are done. */
const TABLES = `
  create schema lockstep;
  create table lockstep.format (version int not null);
  insert into lockstep.format values (1);
  create table lockstep.sweeps (
    id bigint generated always as identity primary key,
    created_at timestamptz not null default now(),
    code text not null,
    name text not null,
    settings json not null,
    request json not null,
    cancelled_at timestamptz
  );
  create table lockstep.workers (
    id uuid primary key,
    host text not null,
    pid int not null,
    threads int not null,
    code text not null,
    queue text not null,
    started_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    stopped_at timestamptz,
    lost_at timestamptz,
    jobs jsonb not null default '{}',
    seeds bigint not null default 0
  );
  create table lockstep.results (
    sweep bigint not null references lockstep.sweeps on delete cascade,
    seed bigint not null,
    worker uuid,
    ran_at timestamptz not null default now(),
    ms double precision not null,
    cause text,
    result json not null,
    primary key (sweep, seed)
  );
  create index on lockstep.results (sweep, ran_at);
`;

const FORMAT = 1;

/** Any number for which nobody else is likely to wait. */
const SETUP_LOCK = 7_305_142_238;

async function makeTables(pool: pg.Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    await client.query("select pg_advisory_xact_lock($1)", [SETUP_LOCK]);
    const { rows } = await client.query("select to_regclass('lockstep.format') is not null as there");
    if (!rows[0].there) await client.query(TABLES);
    const format = (await client.query("select version from lockstep.format")).rows[0].version;
    if (format !== FORMAT) {
      throw new Error(
        `its tables are of format ${format}, made by another Lockstep; this one knows ${FORMAT}`,
      );
    }
  });
}

async function startBoss(pool: pg.Pool): Promise<PgBoss> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => pool.query(text, values) },
    schema: "lockstep_queue",
    schedule: false,
  });
  // Its maintenance is tried again in a minute, by whichever worker comes first.
  boss.on("error", () => {});
  return await boss.start();
}

/** Runs `work` on one connection, all of it or nothing. */
export async function inTransaction<Result>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // What breaks between two statements is seen by the next one.
  const ignore = (): void => {};
  client.on("error", ignore);
  try {
    await client.query("begin");
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((cannot: Error) => {
      broken = cannot;
    });
    throw error;
  } finally {
    client.off("error", ignore);
    client.release(broken);
  }
}

/** Puts ranges into the queue, in the transaction of that connection. */
export async function putRanges(
  { boss }: SweepQueue,
  name: string,
  ranges: readonly SeedRange[],
  client: pg.PoolClient,
): Promise<void> {
  if (ranges.length > 0)
    await boss.insert(
      ranges.map((data) => ({ name, data })),
      within(client),
    );
}

/** For pg-boss, which then takes part in the transaction of that connection. */
export function within(client: pg.PoolClient): { db: PgBoss.Db } {
  return { db: { executeSql: (text, values) => client.query(text, values) } };
}

/** Node gives several errors without a text of their own when a name has several addresses. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
