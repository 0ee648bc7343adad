/** What the fleet is at: the sweeps in the queue, and the workers. */
import type { SeedRange, SweepQueue } from "./queue.ts";

export interface SweepStatus {
  readonly id: number;
  readonly name: string;
  readonly code: string;
  readonly first: number;
  readonly last: number;
  readonly done: number;
  readonly failed: number;
  /** Over the last minute. */
  readonly seedsPerSecond: number;
  /** Null if nothing was done in the last minute. */
  readonly secondsLeft: number | null;
  readonly state: "running" | "waiting for a worker" | "done" | "cancelled";
}

export interface WorkerStatus {
  readonly host: string;
  readonly pid: number;
  readonly threads: number;
  readonly code: string;
  readonly state: "running" | "idle" | "lost" | "stopped";
  readonly ranges: readonly SeedRange[];
  readonly seeds: number;
  readonly seenSecondsAgo: number;
}

export interface FleetStatus {
  /** The newest first. */
  readonly sweeps: readonly SweepStatus[];
  /** All that are alive, and those that went within the last hour. */
  readonly workers: readonly WorkerStatus[];
}

export async function fleetStatus(queue: SweepQueue): Promise<FleetStatus> {
  const workers = await workersOf(queue);
  const alive = new Set(
    workers.filter(({ state }) => state === "running" || state === "idle").map(({ code }) => code),
  );
  const { rows } = await queue.pool.query(`
    select s.id, s.name, s.code, s.request, s.cancelled_at is not null as cancelled, r.*
    from lockstep.sweeps s, lateral (
      select count(*)::int as done, count(cause)::int as failed,
        (count(*) filter (where ran_at > now() - interval '1 minute'))::int as recent,
        least(60, extract(epoch from now() - s.created_at))::float as seconds
      from lockstep.results where sweep = s.id) r
    order by s.id desc limit 50`);
  return { sweeps: rows.map((row) => statusOf(row, alive)), workers };
}

interface SweepRow {
  readonly id: string;
  readonly name: string;
  readonly code: string;
  readonly request: { readonly first: number; readonly last: number };
  readonly cancelled: boolean;
  readonly done: number;
  readonly failed: number;
  readonly recent: number;
  readonly seconds: number;
}

function statusOf(row: SweepRow, alive: ReadonlySet<string>): SweepStatus {
  const { name, code, done, failed, recent } = row;
  const { first, last } = row.request;
  const left = last - first + 1 - done;
  const seedsPerSecond = recent / Math.max(1, row.seconds);
  const secondsLeft = left === 0 ? 0 : recent === 0 ? null : Math.ceil(left / seedsPerSecond);
  const counts = { first, last, done, failed, seedsPerSecond, secondsLeft };
  return { id: Number(row.id), name, code, ...counts, state: stateOf(row, left, alive) };
}

function stateOf(
  { code, cancelled }: SweepRow,
  left: number,
  alive: ReadonlySet<string>,
): SweepStatus["state"] {
  if (left === 0) return "done";
  if (cancelled) return "cancelled";
  return alive.has(code) ? "running" : "waiting for a worker";
}

async function workersOf({ pool }: SweepQueue): Promise<WorkerStatus[]> {
  const { rows } = await pool.query(`
    select host, pid, threads, code, jobs, seeds, lost_at is not null as lost, stopped_at is not null as stopped,
      extract(epoch from now() - seen_at)::float as ago
    from lockstep.workers where seen_at > now() - interval '1 hour' order by started_at`);
  return rows.map(({ host, pid, threads, code, jobs, seeds, lost, stopped, ago }) => {
    const ranges = Object.values(jobs as Record<string, SeedRange>);
    const state = stopped ? "stopped" : lost ? "lost" : ranges.length > 0 ? "running" : "idle";
    const seenSecondsAgo = Math.max(0, Math.round(ago));
    return { host, pid, threads, code, state, ranges, seeds: Number(seeds), seenSecondsAgo };
  });
}
