/** Files that the user named: what cannot be read or written is one clear line, and nothing is left half-written. */
import {
  accessSync,
  constants,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import type { z } from "zod";
import { VERSION } from "../scenarios/version.ts";
import { UserError } from "./exit.ts";

/** Throws UserError. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${codeOf(error)}`);
  }
}

/** All of it or nothing: a file of that name is replaced in one step. Throws UserError. */
export function writeText(path: string, text: string): void {
  try {
    const there = statSync(path, { throwIfNoEntry: false });
    if (there === undefined) replaceFile(path, text);
    else if (there.isFile()) replaceFile(realpathSync(path), text);
    else writeFileSync(path, text); // A pipe or a device keeps its place.
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${codeOf(error)}`);
  }
}

function replaceFile(path: string, text: string): void {
  const partial = `${path}.${process.pid}.partial`;
  try {
    writeFileSync(partial, text);
    renameSync(partial, path);
  } finally {
    rmSync(partial, { force: true });
  }
}

/** Asked before a run, so that its result is not lost after it. Throws UserError. */
export function assertWritable(path: string): void {
  try {
    accessSync(dirname(path), constants.W_OK);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw Object.assign(new Error(), { code: "EISDIR" });
    }
  } catch (error) {
    throw new UserError(`cannot write ${path}: ${codeOf(error)}`);
  }
}

/** What is in a file that lockstep wrote: of the form, and of this version. Throws UserError. */
export function parseFile<Schema extends z.ZodType<{ lockstep: string }>>(
  schema: Schema,
  value: unknown,
  path: string,
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${path} is not ${what}: ${issue?.path.join(".") || "it"}: ${issue?.message}`);
  }
  const { lockstep } = parsed.data;
  if (lockstep === VERSION) return parsed.data;
  throw new UserError(`${path} was made by lockstep ${lockstep}; this is ${VERSION}, whose runs may differ`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or directory",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
  ENOSPC: "no space left",
};

function codeOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return REASONS[code] ?? code;
}
