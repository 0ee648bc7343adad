/** A history from a file: EDN or JSON, as one list of operations or as one operation after the other. */
import { readText } from "../files.ts";
import { readEdn, readEdnAt } from "./edn.ts";
import { readJson, readJsonAt } from "./json.ts";
import { type PairedHistory, pairOperations } from "./operations.ts";
import { failAt, type Source } from "./source.ts";
import { fieldOf, isList, isMap } from "./tree.ts";

export interface HistoryFile extends PairedHistory {
  readonly source: Source;
  readonly syntax: "EDN" | "JSON";
}

/** `tell` is told now and then which share of the text is read. Throws UserError, with the line and the column. */
export function readHistory(path: string, tell: (share: number) => void = () => {}): HistoryFile {
  const source = { path, text: readText(path) };
  const syntax = syntaxOf(source);
  const read = syntax === "JSON" ? readJson : readEdn;
  let operations = 0;
  const paired = pairOperations(source, (take) =>
    read(source, (tree, at) => {
      if (++operations % OPERATIONS_BETWEEN === 0) tell(at / source.text.length);
      take(tree, at);
    }),
  );
  return { ...paired, source, syntax };
}

const OPERATIONS_BETWEEN = 1_000;

/** Throws UserError at a step of a transaction, which is read again for its place. */
export function failAtStep(
  { places, source, syntax }: HistoryFile,
  transaction: number,
  step: number,
  message: string,
): never {
  const at = places[transaction]!;
  const tree = syntax === "JSON" ? readJsonAt(source, at) : readEdnAt(source, at);
  const value = isMap(tree) ? fieldOf(tree, "value") : undefined;
  const item = isList(value) ? value.items[step] : undefined;
  return failAt(source, isList(item) ? item.at : at, message);
}

/** JSON if the first map's first key is a text, or there is no map and the file says so. */
function syntaxOf(source: Source): "EDN" | "JSON" {
  const { path, text } = source;
  if (text.trim() === "") failAt(source, 0, "the file is empty");
  const start = /^[\s\ufeff]*[[(]?\s*\{\s*(.)/.exec(text);
  if (start !== null) return start[1] === '"' ? "JSON" : "EDN";
  return /\.jsonl?$/.test(path) ? "JSON" : "EDN";
}
