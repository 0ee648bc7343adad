/** Which code a sweep runs: results of two versions of the protocol are never mixed in one sweep. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Everything that a seed's result may depend on. */
const SOURCES = ["protocol", "scenarios", "sim", "explore/sweep", "explore/cause.ts"];

/** The first 12 hex digits of a SHA-256 over the sources, the same on every machine that has the same ones. */
export function codeFingerprint(): string {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const hash = createHash("sha256");
  for (const path of SOURCES) {
    for (const file of sourcesIn(root, path)) hash.update(`${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

function sourcesIn(root: string, path: string): string[] {
  if (path.endsWith(".ts")) return [path];
  const files = readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /(?<!\.test)\.(ts|mjs)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll("\\", "/"));
  return files.sort();
}
