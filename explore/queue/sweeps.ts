/** Sweeps that lie in a queue: put there, read, cancelled. */
import { parseScenario } from "../../scenarios/scenario.ts";
import type { SweepRequest } from "../sweep/sweep.ts";
import {
  type Database,
  inTransaction,
  putRanges,
  SEEDS_AT_ONCE,
  type SeedRange,
  type SweepQueue,
} from "./queue.ts";

export interface QueuedSweep {
  readonly id: number;
  readonly code: string;
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly request: SweepRequest;
}

/** Puts all seeds of the request into the queue, or nothing; the number of the sweep. */
export async function enqueueSweep(
  queue: SweepQueue,
  sweep: Pick<QueuedSweep, "name" | "settings" | "request">,
): Promise<number> {
  const { name, settings, request } = sweep;
  return await inTransaction(queue.pool, async (client) => {
    const { rows } = await client.query(
      "insert into lockstep.sweeps (code, name, settings, request) values ($1, $2, $3, $4) returning id",
      [queue.code, name, JSON.stringify(settings), JSON.stringify(request)],
    );
    const id = Number(rows[0].id);
    await putRanges(queue, queue.name, rangesOf(id, request), client);
    return id;
  });
}

/** Null if there is none of that number. Throws ScenarioError if other code made it and this cannot read it. */
export async function readSweep({ pool }: SweepQueue, id: number): Promise<QueuedSweep | null> {
  const { rows } = await pool.query("select * from lockstep.sweeps where id = $1", [id]);
  const [row] = rows;
  if (row === undefined) return null;
  const { code, name, settings } = row;
  const request = { ...row.request, scenario: parseScenario(row.request.scenario) };
  return { id, code, name, settings, request };
}

/** Whether its seeds are still to be run: it is there, and not cancelled. */
export async function isWanted(database: Database, id: number): Promise<boolean> {
  const { rows } = await database.query(
    "select from lockstep.sweeps where id = $1 and cancelled_at is null",
    [id],
  );
  return rows.length > 0;
}

/** What is in hand is finished, and nothing begins any more; false if there is no such sweep, or it is cancelled. */
export async function cancelSweep({ pool }: SweepQueue, id: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    "update lockstep.sweeps set cancelled_at = now() where id = $1 and cancelled_at is null",
    [id],
  );
  return rowCount === 1;
}

/** Enough that many workers find one each; few, since pg-boss sorts all that wait whenever one is taken. */
const RANGES = 256;

function rangesOf(sweep: number, { first, last }: SweepRequest): SeedRange[] {
  const size = Math.max(SEEDS_AT_ONCE, Math.ceil((last - first + 1) / RANGES));
  const ranges: SeedRange[] = [];
  for (let from = first; from <= last; from += size) {
    ranges.push({ sweep, first: from, last: Math.min(last, from + size - 1), lost: 0 });
  }
  return ranges;
}
