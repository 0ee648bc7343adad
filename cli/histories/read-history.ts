/** A history from a file: EDN or JSON, as one list of operations or as one operation after the other. */
import { readText } from "../files.ts";
import { readEdn } from "./edn.ts";
import { readJson } from "./json.ts";
import { type ReadHistory, readOperations } from "./operations.ts";
import { failAt, type Source } from "./source.ts";

export interface HistoryFile extends ReadHistory {
  readonly source: Source;
  readonly syntax: "EDN" | "JSON";
}

/** Throws UserError, with the line and the column. */
export function readHistory(path: string): HistoryFile {
  const source = { path, text: readText(path) };
  const syntax = syntaxOf(source);
  const trees = syntax === "JSON" ? readJson(source) : readEdn(source);
  return { ...readOperations(source, trees), source, syntax };
}

/** JSON if the first map's first key is a text, or there is no map and the file says so. */
function syntaxOf(source: Source): "EDN" | "JSON" {
  const { path, text } = source;
  if (text.trim() === "") failAt(source, 0, "the file is empty");
  const start = /^[\s\ufeff]*[[(]?\s*\{\s*(.)/.exec(text);
  if (start !== null) return start[1] === '"' ? "JSON" : "EDN";
  return /\.jsonl?$/.test(path) ? "JSON" : "EDN";
}
