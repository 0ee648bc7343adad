// Makes a fresh clone ready: installs the packages when they are missing or older than the lock file.
// Uses nothing but Node itself, since nothing else is there yet.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const lock = join(root, "package-lock.json");
const installed = join(root, "node_modules", ".package-lock.json");

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`lockstep needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(2);
}

const stale = !existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs;
if (stale) {
  console.error(
    `lockstep: installing packages (${existsSync(installed) ? "lock file is newer" : "first run"}) ...`,
  );
  const npm = spawnSync("npm", ["ci", "--include=dev", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (npm.status !== 0) {
    console.error("lockstep: npm ci failed; see its output above.");
    process.exit(2);
  }
  console.error("lockstep: packages are installed.");
}
