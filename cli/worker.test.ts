/** A fleet as its users have it: real processes, a real PostgreSQL, kill -9. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type EmbeddedServer, startEmbeddedServer } from "../pg/servers/embedded-server.ts";

let folder = "";
let server: EmbeddedServer;
let database: pg.Pool;
const running: ChildProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lockstep-fleet-"));
  await startServer();
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});
afterAll(async () => {
  await database.end();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function startServer(port?: number): Promise<void> {
  server = await startEmbeddedServer({ folder, ...(port === undefined ? {} : { port }) });
  database = new pg.Pool({ connectionString: server.url });
  database.on("error", () => {});
}

function lockstep(...args: string[]) {
  return spawnSync(process.execPath, ["cli/lockstep.mjs", ...args], { encoding: "utf8", maxBuffer: 1 << 26 });
}

/** Puts a sweep into the queue; its number. */
function enqueue(...args: string[]): number {
  const { stdout, stderr } = lockstep("sweep", ...args, "--queue", server.url, "--detach", "--json");
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout).sweep;
}

/** Waits for the end of a sweep; what it came to, as --json tells it. */
async function follow(id: number) {
  const child = start("sweep", "--queue", server.url, "--follow", String(id), "--json");
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk;
  });
  const [status] = await once(child, "exit");
  return { report: JSON.parse(text), status };
}

function startWorker(...args: string[]): ChildProcess {
  return start("worker", "--queue", server.url, "--threads", "1", "--lost-after", "1", ...args);
}

function start(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, ["cli/lockstep.mjs", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  return child;
}

async function number(query: string, values: unknown[]): Promise<number> {
  return Number((await database.query(query, values)).rows[0].number);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}

async function untilSeedsAreDone(id: number, least: number): Promise<void> {
  const count = "select count(*) as number from lockstep.results where sweep = $1";
  await until(async () => (await number(count, [id])) >= least);
}

async function untilHoldsRange({ pid }: ChildProcess): Promise<void> {
  const holds =
    "select count(*) as number from lockstep.workers where pid = $1 and lost_at is null and jobs <> '{}'";
  await until(async () => (await number(holds, [pid])) === 1);
}

/** What a sweep found, without how long it took and where. */
function found({ busyMs: _, resumable: __, sweep: ___, ...report }: Record<string, unknown>) {
  return report;
}

const BANK = ["bank", "--set", "duration=300ms"];

describe("a sweep over a queue", () => {
  test("comes to what it comes to on one machine, though workers are killed, stand still, and the server too", async () => {
    const args = [...BANK, "--set", "mutant=acks-before-flush", "--seeds", "5..84", "--check-determinism"];
    const id = enqueue(...args);
    const killed = startWorker();
    await untilHoldsRange(killed);
    await untilSeedsAreDone(id, 3);
    killed.kill("SIGKILL");
    const paused = startWorker();
    await untilHoldsRange(paused);
    paused.kill("SIGSTOP");
    startWorker();
    await untilSeedsAreDone(id, 40);
    paused.kill("SIGCONT");
    await database.end();
    await server.kill();
    await sleep(300);
    await startServer(server.port);
    const { report, status } = await follow(id);
    const here = JSON.parse(lockstep("sweep", ...args, "--json").stdout);
    expect(found(report)).toEqual(found(here));
    expect(report.seeds.done).toBe(80);
    expect(report.failed).toBeGreaterThan(10);
    expect(status).toBe(1);
    const credited = "select sum(seeds) as number from lockstep.workers";
    expect(await number(credited, [])).toBe(80);
  });

  test("goes back into the queue when a worker is told to stop, from the seed it had come to", async () => {
    const id = enqueue(...BANK, "--seeds", "1..48");
    const worker = startWorker();
    await untilSeedsAreDone(id, 2);
    worker.kill("SIGTERM");
    const [status] = await once(worker, "exit");
    expect(status).toBe(0);
    const between = await number("select count(*) as number from lockstep.results where sweep = $1", [id]);
    expect(between).toBeLessThan(48);
    const held = "select count(*) as number from lockstep.workers where jobs <> '{}' and pid = $1";
    expect(await number(held, [worker.pid])).toBe(0);
    lockstep("worker", "--queue", server.url, "--until-empty");
    const { report, status: ended } = await follow(id);
    expect(report).toMatchObject({ failed: 0, seeds: { done: 48 } });
    expect(ended).toBe(0);
  });

  test("gives up a seed that ends every worker that runs it, says so, and goes on behind it", async () => {
    const slow = enqueue("bank", "--as-is", "--set", "duration=3000s", "--seeds", "7..7");
    for (let worker = 0; worker < 4; worker++) {
      const child = startWorker();
      await untilHoldsRange(child);
      child.kill("SIGKILL");
    }
    const behind = enqueue(...BANK, "--seeds", "1..2");
    startWorker();
    const { report, status } = await follow(slow);
    expect(report.causes[0].evidence).toMatch(/the run does not end: 4 workers died/);
    expect(report.causes[0].seeds).toEqual(["7"]);
    expect(status).toBe(1);
    expect((await follow(behind)).report).toMatchObject({ failed: 0, seeds: { done: 2 } });
  });

  test("can be cancelled; what is done stays", async () => {
    const id = enqueue(...BANK, "--seeds", "1..1000000");
    startWorker();
    await untilSeedsAreDone(id, 1);
    expect(lockstep("sweep", "--queue", server.url, "--cancel", String(id)).status).toBe(0);
    const { report } = await follow(id);
    expect(report.seeds.done).toBeGreaterThan(0);
    expect(report.seeds.done).toBeLessThan(1_000);
  });

  test("is shown with its fleet", () => {
    const id = enqueue(...BANK, "--seeds", "1..20");
    const before = JSON.parse(lockstep("sweep", "--queue", server.url, "--status", "--json").stdout);
    expect(before.sweeps[0]).toMatchObject({ id, name: "bank", first: 1, last: 20, done: 0, failed: 0 });
    lockstep("worker", "--queue", server.url, "--until-empty", "--threads", "2");
    const { stdout } = lockstep("sweep", "--queue", server.url, "--status");
    expect(stdout).toContain(`${id}  bank  20 of 20 seeds, 0 failed, done`);
    expect(stdout).toMatch(/:\d+ {2}2 threads, \d+ seeds, stopped, seen \d+ s ago/);
    expect(stdout).toMatch(/:\d+ {2}1 threads, \d+ seeds, lost, seen \d+ s ago/);
  });
});

describe("a user's mistake is one line and exit code 2:", () => {
  const nowhere = "postgres://postgres:secret@127.0.0.1:1/nowhere";
  test.each<[string, string[], string]>([
    [
      "a queue that is no address",
      ["sweep", "bank", "--queue", "here"],
      "--queue here: expected postgres://",
    ],
    [
      "a queue that is not there",
      ["worker", "--queue", nowhere],
      "postgres@127.0.0.1:1/nowhere: connect ECONNREFUSED",
    ],
    ["a worker without a queue", ["worker"], "required option '--queue <url>' not specified"],
    ["a worker without threads", ["worker", "--queue", nowhere, "--threads", "0"], "--threads 0: expected"],
    ["a status of nothing", ["sweep", "--status"], "--status needs --queue"],
    [
      "a limit of time",
      ["sweep", "bank", "--queue", nowhere, "--minutes", "3"],
      "--minutes is of no use with --queue",
    ],
    ["no scenario", ["sweep", "--queue", nowhere], "name a scenario"],
    ["no number", ["sweep", "--queue", nowhere, "--follow", "x"], "--follow x: expected a whole number"],
  ])("%s", (_name, args, message) => {
    const { status, stdout, stderr } = lockstep(...args);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("secret");
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });

  test.each(["--follow", "--cancel"])("%s of a sweep that is not there", (verb) => {
    const { status, stderr } = lockstep("sweep", "--queue", server.url, verb, "12345");
    expect(stderr).toBe(`lockstep: ${verb} 12345: no such sweep is in the queue\n`);
    expect(status).toBe(2);
  });
});
