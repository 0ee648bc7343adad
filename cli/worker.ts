/** `lockstep worker`: runs the seeds of sweeps that others put into a queue. */
import { availableParallelism } from "node:os";
import { Command } from "commander";
import { runWorker } from "../explore/queue/worker.ts";
import { createSeedPool } from "../explore/sweep/pool.ts";
import { EXIT } from "./exit.ts";
import { parsePositive } from "./number-option.ts";
import { withQueue } from "./queued-sweep.ts";

interface WorkerCommandOptions {
  readonly queue: string;
  readonly threads: string;
  readonly untilEmpty: boolean;
  readonly lostAfter: string;
  readonly json: boolean;
}

export function workerCommand(): Command {
  return new Command("worker")
    .description("Take seeds of sweeps from a queue and run them; on as many machines as there are.")
    .requiredOption("--queue <url>", "the PostgreSQL that `lockstep sweep --queue` puts them into")
    .option("--threads <n>", "seeds run at once", String(availableParallelism()))
    .option("--until-empty", "end when nothing waits in the queue", false)
    .option("--lost-after <seconds>", "take a worker for dead that was not seen for so long", "15")
    .option("--json", "print one JSON value at the end", false)
    .action(async (options: WorkerCommandOptions) => {
      process.exitCode = await work(options);
    });
}

async function work(options: WorkerCommandOptions): Promise<number> {
  const threads = parsePositive("--threads", options.threads, true);
  const lostAfterMs = parsePositive("--lost-after", options.lostAfter, false) * 1_000;
  const stop = new AbortController();
  const untilStopped = stopOnSignals(stop);
  const began = performance.now();
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const pool = createSeedPool(threads);
  try {
    const { untilEmpty } = options;
    const seeds = await withQueue(
      options.queue,
      (queue) => {
        say(`${threads} threads take seeds of code ${queue.code} from ${queue.where}`);
        return runWorker(queue, { threads, pool, stop: stop.signal, untilEmpty, lostAfterMs, say });
      },
      // A connection for every thread, one for the watch, one for the queue's own maintenance.
      threads + 2,
    );
    const seconds = (performance.now() - began) / 1_000;
    if (options.json) process.stdout.write(`${JSON.stringify({ seeds, seconds })}\n`);
    else say(`${seeds} seeds in ${seconds.toFixed(1)} s`);
    return EXIT.held;
  } finally {
    untilStopped();
    await pool.destroy();
  }
}

/** The first signal lets the seeds in hand end; the second ends all. Returns how to undo it. */
function stopOnSignals(stop: AbortController): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  const take = (): void => {
    if (stop.signal.aborted) process.exit(130);
    process.stderr.write("the seeds in hand are finished, the rest goes back\n");
    stop.abort();
  };
  for (const signal of signals) process.on(signal, take);
  return () => {
    for (const signal of signals) process.off(signal, take);
  };
}
