/** A file's text, and mistakes in it with their line and column. */
import { UserError } from "../exit.ts";

export interface Source {
  readonly path: string;
  readonly text: string;
}

/** Throws UserError: "file:line:column: message", counted from 1. */
export function failAt({ path, text }: Source, offset: number, message: string): never {
  let line = 1;
  let start = 0;
  for (let newline = text.indexOf("\n"); newline >= 0 && newline < offset; ) {
    line += 1;
    start = newline + 1;
    newline = text.indexOf("\n", start);
  }
  throw new UserError(`${path}:${line}:${offset - start + 1}: ${message}`);
}

/** What stands at an offset, for a message. */
export function showCharacter({ text }: Source, offset: number): string {
  return offset >= text.length
    ? "the end of the file"
    : JSON.stringify(String.fromCodePoint(text.codePointAt(offset)!));
}
