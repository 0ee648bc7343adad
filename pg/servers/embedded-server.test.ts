import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, expect, test } from "vitest";
import { startEmbeddedServer } from "./embedded-server.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own for each server: as root it is given to the user that the server runs as. */
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "lockstep-server-"));
  folders.push(folder);
  return folder;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test("a server keeps what was committed when it is killed, and takes its settings", async () => {
  const data = newFolder();
  const first = await startEmbeddedServer({ folder: data, settings: { max_prepared_transactions: "7" } });
  expect(await query(first.url, "show max_prepared_transactions")).toEqual([
    { max_prepared_transactions: "7" },
  ]);
  await query(first.url, "create table t as select 1 as n");
  await first.kill();
  const second = await startEmbeddedServer({ folder: data });
  expect(await query(second.url, "select n from t")).toEqual([{ n: 1 }]);
  await second.stop();
});

test("a server that does not start says why", async () => {
  const start = startEmbeddedServer({ folder: newFolder(), settings: { shared_buffers: "none" } });
  await expect(start).rejects.toThrow(/did not start: .*invalid value for parameter "shared_buffers"/s);
});
