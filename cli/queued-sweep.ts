/** `lockstep sweep --queue URL`: the same sweep on as many machines as run `lockstep worker`. */
import { setTimeout as sleep } from "node:timers/promises";
import { openQueue, type SweepQueue } from "../explore/queue/queue.ts";
import { countResults, tallyResults } from "../explore/queue/results.ts";
import {
  type FleetStatus,
  fleetStatus,
  type SweepStatus,
  type WorkerStatus,
} from "../explore/queue/status.ts";
import { cancelSweep, enqueueSweep, isWanted, type QueuedSweep, readSweep } from "../explore/queue/sweeps.ts";
import { EXIT, UserError } from "./exit.ts";
import { showProgress } from "./progress.ts";
import { settingsFromRecord, settingsToRecord } from "./scenario-argument.ts";
import { saveFailures } from "./sweep-file.ts";
import { describeSweep, exitCodeOf, type ReportedSweep, reportOf } from "./sweep-report.ts";

interface FollowOptions {
  readonly json: boolean;
  readonly save: string | undefined;
}

export async function enqueueAndFollow(
  url: string,
  { name, settings, request }: ReportedSweep,
  options: FollowOptions & { readonly detach: boolean },
): Promise<number> {
  return await withQueue(url, async (queue) => {
    const id = await enqueueSweep(queue, { name, settings: settingsToRecord(settings), request });
    await sayWhoWorks(queue, url, id);
    if (!options.detach) return await follow(queue, url, id, options);
    process.stdout.write(
      options.json ? `${JSON.stringify({ sweep: id, code: queue.code })}\n` : `sweep ${id}\n`,
    );
    return EXIT.held;
  });
}

export async function followQueued(url: string, id: number, options: FollowOptions): Promise<number> {
  return await withQueue(url, (queue) => follow(queue, url, id, options));
}

export async function cancelQueued(url: string, id: number): Promise<number> {
  return await withQueue(url, async (queue) => {
    if (!(await cancelSweep(queue, id))) throw new UserError(`--cancel ${id}: no such sweep is in the queue`);
    process.stderr.write(`sweep ${id} is cancelled; seeds in hand are finished\n`);
    return EXIT.held;
  });
}

export async function printFleet(url: string, json: boolean): Promise<number> {
  return await withQueue(url, async (queue) => {
    const status = await fleetStatus(queue);
    process.stdout.write(json ? `${JSON.stringify(status)}\n` : describeFleet(status, queue));
    return EXIT.held;
  });
}

/** Throws UserError if the queue cannot be opened. */
export async function withQueue<Result>(
  url: string,
  work: (queue: SweepQueue) => Promise<Result>,
  connections?: number,
): Promise<Result> {
  const queue = await open(url, connections);
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

async function open(url: string, connections: number | undefined): Promise<SweepQueue> {
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new UserError(`--queue ${url}: expected postgres://USER@HOST:PORT/DATABASE`);
  }
  try {
    return await openQueue(url, connections === undefined ? {} : { connections });
  } catch (error) {
    throw new UserError(`--queue ${withoutPassword(url)}: ${(error as Error).message}`);
  }
}

function withoutPassword(url: string): string {
  return url.replace(/:[^:@/]*@/, "@");
}

async function sayWhoWorks(queue: SweepQueue, url: string, id: number): Promise<void> {
  const { workers } = await fleetStatus(queue);
  const ready = workers.filter(
    ({ code, state }) => code === queue.code && (state === "running" || state === "idle"),
  );
  const fleet =
    ready.length > 0
      ? `${ready.length} workers with ${ready.reduce((sum, { threads }) => sum + threads, 0)} threads run this code`
      : `no worker runs this code (${queue.code}) yet: npx lockstep worker --queue ${withoutPassword(url)}`;
  process.stderr.write(`sweep ${id} is in the queue of ${queue.where}; ${fleet}\n`);
}

/** Waits until all is done, it is cancelled, or Ctrl-C; then tells what it came to so far. */
async function follow(
  queue: SweepQueue,
  url: string,
  id: number,
  { json, save }: FollowOptions,
): Promise<number> {
  const sweep = await readSweep(queue, id);
  if (sweep === null) throw new UserError(`--follow ${id}: no such sweep is in the queue`);
  const ended = await wait(queue, sweep);
  const reported = {
    name: sweep.name,
    settings: settingsFromRecord(sweep.settings),
    request: sweep.request,
    tally: await tallyResults(queue, id),
  };
  if (save !== undefined) saveFailures(save, reported);
  const report = reportOf(reported, null);
  const goOn = ended ? null : `npx lockstep sweep --queue ${withoutPassword(url)} --follow ${id}`;
  const text = json
    ? `${JSON.stringify({ sweep: id, ...report })}\n`
    : describeSweep(report, sweep.request, goOn);
  process.stdout.write(text);
  return exitCodeOf(report);
}

const POLL_MS = 500;

/** False if it was interrupted. */
async function wait(queue: SweepQueue, { id, request }: QueuedSweep): Promise<boolean> {
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt);
  const progress = showProgress();
  const total = request.last - request.first + 1;
  try {
    while (!stop.signal.aborted) {
      const { done, failed } = await countResults(queue, id);
      progress.update(done / total, `${done} of ${total} seeds, ${failed} failed`);
      if (done === total || !(await isWanted(queue.pool, id))) return true;
      await sleep(POLL_MS, undefined, { signal: stop.signal }).catch(() => {});
    }
    return false;
  } finally {
    progress.end();
    process.off("SIGINT", interrupt);
  }
}

function describeFleet({ sweeps, workers }: FleetStatus, queue: SweepQueue): string {
  const lines = [
    `${queue.where}, this code: ${queue.code}`,
    "",
    sweeps.length === 0 ? "no sweeps" : "sweeps",
    ...sweeps.map((sweep) => `  ${describeSweepLine(sweep, queue.code)}`),
    "",
    workers.length === 0 ? "no workers" : "workers",
    ...workers.map((worker) => `  ${describeWorker(worker, queue.code)}`),
  ];
  return `${lines.join("\n")}\n`;
}

function describeSweepLine(sweep: SweepStatus, ours: string): string {
  const { id, name, first, last, done, failed, seedsPerSecond, secondsLeft, state, code } = sweep;
  const left = secondsLeft === null || state !== "running" ? "" : `, ${secondsLeft} s left`;
  const rate = state === "running" ? `, ${seedsPerSecond.toFixed(1)} a second${left}` : "";
  const other = code === ours ? "" : `, code ${code}`;
  return `${id}  ${name}  ${done} of ${last - first + 1} seeds, ${failed} failed, ${state}${rate}${other}`;
}

function describeWorker(worker: WorkerStatus, ours: string): string {
  const { host, pid, threads, state, ranges, seeds, seenSecondsAgo, code } = worker;
  const at = ranges.map(({ sweep, first, last }) => `${sweep}: ${first}..${last}`).join(", ");
  const doing = at === "" ? state : `${state} ${at}`;
  const other = code === ours ? "" : `, code ${code}`;
  return `${host}:${pid}  ${threads} threads, ${seeds} seeds, ${doing}, seen ${seenSecondsAgo} s ago${other}`;
}
