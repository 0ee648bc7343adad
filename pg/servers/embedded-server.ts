/** A real PostgreSQL server of one's own, from the embedded npm package: started in a folder, stopped or killed. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type EmbeddedBinaries, findEmbeddedBinaries } from "./embedded-binaries.ts";

export interface EmbeddedServer {
  /** For any driver; the user is `postgres`, and whoever reaches the port is trusted. */
  readonly url: string;
  readonly port: number;
  /** Ends sessions and writes a checkpoint. */
  stop(): Promise<void>;
  /** As a power cut ends it: what was not flushed is gone. */
  kill(): Promise<void>;
}

export interface EmbeddedServerOptions {
  /** Is made if it is not there; a cluster that is in it already is used as it is. */
  readonly folder: string;
  readonly port?: number;
  /** Lines of postgresql.conf, by name. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Resolves when the server takes connections; throws what it said if it ends before that. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const binaries = findEmbeddedBinaries();
  initialise(binaries, options.folder);
  const port = options.port ?? (await freePort());
  const server = launch(binaries, options, port);
  await ready(server);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, "exit");
    server.kill(signal);
    await exited;
  };
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    // SIGINT is PostgreSQL's fast shutdown; at SIGKILL its children find the postmaster gone and end too.
    stop: () => end("SIGINT"),
    kill: () => end("SIGKILL"),
  };
}

function initialise({ folder: native, runAs }: EmbeddedBinaries, folder: string): void {
  if (existsSync(join(folder, "PG_VERSION"))) return;
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
  if (runAs !== null) chownSync(folder, runAs.uid, runAs.gid);
  const args = ["-D", folder, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"];
  const { status, stderr, error } = spawnSync(join(native, "bin", "initdb"), [...args, "--no-sync"], {
    ...runAs,
    cwd: "/",
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`initdb failed in ${folder}: ${error?.message ?? stderr.trim()}`);
}

function launch(
  { folder: native, runAs }: EmbeddedBinaries,
  { folder, settings = {} }: EmbeddedServerOptions,
  port: number,
): ChildProcess {
  const all = { listen_addresses: "127.0.0.1", unix_socket_directories: "", port: String(port), ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return spawn(join(native, "bin", "postgres"), ["-D", folder, ...args], {
    ...runAs,
    cwd: "/",
    stdio: ["ignore", "ignore", "pipe"],
  });
}

/** The server's own log says when it is ready. */
async function ready(server: ChildProcess): Promise<void> {
  let log = "";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`PostgreSQL did not start: ${log.trim()}`)));
    server.stderr?.on("data", (chunk: Buffer) => {
      log = `${log}${chunk}`.slice(-10_000);
      if (log.includes("database system is ready to accept connections")) resolve();
    });
  });
  server.removeAllListeners("exit");
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  if (address === null || typeof address === "string") throw new Error("no port is free");
  probe.close();
  await once(probe, "close");
  return address.port;
}
