/**
 * EDN (github.com/edn-format/edn), strictly, with positions: all values of a text. A keyword becomes its name, a list
 * or set a list; a tag is dropped and its value kept, as in #jepsen.history.Op{...}.
 */

import { readPlainInteger } from "./integers.ts";
import { exact } from "./json.ts";
import { failAt, type Source, showCharacter } from "./source.ts";
import type { Tree, TreeList, TreeMap } from "./tree.ts";

interface Reading extends Source {
  at: number;
  depth: number;
}

const DEEPEST = 500;
const SPACE = /(?:[\s,\ufeff]+|;[^\n]*)+/y;
const STRING = /"(?:[^"\\]|\\[\s\S])*"/y;
const WORD = /[^\s,;"()[\]{}]+/y;
const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M?$/;
const CLOSING: Readonly<Record<string, string>> = { "[": "]", "(": ")", "{": "}" };

/** Hands over the operations, with their places: the text's values, or the items of the list that it is. Throws UserError. */
export function readEdn(source: Source, take: (tree: Tree, at: number) => void): void {
  const reading: Reading = { ...source, at: 0, depth: 0 };
  skipSpace(reading);
  const first = reading.text[reading.at];
  if (first === "[" || first === "(") readItems(reading, reading.at, take);
  for (skipSpace(reading); reading.at < reading.text.length; skipSpace(reading)) {
    const { at } = reading;
    take(readValue(reading), at);
  }
}

/** The value at a place that readEdn gave. */
export function readEdnAt(source: Source, at: number): Tree {
  return readValue({ ...source, at, depth: 0 });
}

/** White space, commas, comments, and values that are commented out by #_. */
function skipSpace(reading: Reading): void {
  const { text } = reading;
  for (;;) {
    const code = text.charCodeAt(reading.at);
    if (code > 44 && code !== 59 && code !== 0xfeff) return;
    SPACE.lastIndex = reading.at;
    if (SPACE.test(text)) reading.at = SPACE.lastIndex;
    if (text[reading.at] !== "#" || text[reading.at + 1] !== "_") return;
    reading.at += 2;
    skipSpace(reading);
    readValue(reading);
  }
}

function readValue(reading: Reading): Tree {
  switch (reading.text[reading.at]) {
    case "[":
    case "(":
      return readList(reading, reading.at);
    case "{":
      return readMap(reading);
    case '"':
      return readString(reading);
    case "#":
      return readDispatch(reading);
    default:
      return readWord(reading);
  }
}

function readList(reading: Reading, at: number): TreeList {
  const list: TreeList = { at, items: [] };
  readItems(reading, at, (item) => list.items.push(item));
  return list;
}

function readItems(reading: Reading, begun: number, give: (item: Tree, at: number) => void): void {
  const closing = open(reading);
  while (reading.text[reading.at] !== closing) {
    expectMore(reading, begun, closing);
    const { at } = reading;
    give(readValue(reading), at);
    skipSpace(reading);
  }
  close(reading);
}

function readMap(reading: Reading): TreeMap {
  const map: TreeMap = { at: reading.at, entries: new Map() };
  const closing = open(reading);
  while (reading.text[reading.at] !== closing) {
    expectMore(reading, map.at, closing);
    const { at } = reading;
    const key = readValue(reading);
    if (map.entries.has(key)) failAt(reading, at, `the key ${JSON.stringify(key)} is there twice`);
    skipSpace(reading);
    if (reading.text[reading.at] === closing) failAt(reading, at, "this key has no value");
    expectMore(reading, map.at, closing);
    map.entries.set(key, readValue(reading));
    skipSpace(reading);
  }
  close(reading);
  return map;
}

function open(reading: Reading): string {
  reading.depth += 1;
  if (reading.depth > DEEPEST) failAt(reading, reading.at, `nested more than ${DEEPEST} deep`);
  const closing = CLOSING[reading.text[reading.at]!]!;
  reading.at += 1;
  skipSpace(reading);
  return closing;
}

function close(reading: Reading): void {
  reading.depth -= 1;
  reading.at += 1;
}

function expectMore(reading: Reading, begun: number, closing: string): void {
  const { at, text } = reading;
  if (at < text.length && !")]}".includes(text[at]!)) return;
  const before = text.slice(0, begun);
  const place = `${before.split("\n").length}:${begun - before.lastIndexOf("\n")}`;
  const what = `${JSON.stringify(text[begun])} at ${place}`;
  failAt(
    reading,
    at,
    `expected ${JSON.stringify(closing)} for the ${what}, found ${showCharacter(reading, at)}`,
  );
}

const ESCAPES: Readonly<Record<string, string>> = {
  t: "\t",
  r: "\r",
  n: "\n",
  "\\": "\\",
  '"': '"',
  b: "\b",
  f: "\f",
};

function readString(reading: Reading): string {
  const { at, text } = reading;
  STRING.lastIndex = at;
  if (!STRING.test(text)) failAt(reading, at, "this text has no end");
  reading.at = STRING.lastIndex;
  const inner = text.slice(at + 1, reading.at - 1);
  if (!inner.includes("\\")) return inner;
  return inner.replace(/\\(u[0-9a-fA-F]{4}|[\s\S])/g, (_, name: string, place: number) => {
    if (name.length === 5) return String.fromCharCode(Number.parseInt(name.slice(1), 16));
    return ESCAPES[name] ?? failAt(reading, at + 1 + place, `there is no escape "\\${name}"`);
  });
}

/** #{set}, ##NaN, #tag value. */
function readDispatch(reading: Reading): Tree {
  const { at, text } = reading;
  reading.at += 1;
  if (text[reading.at] === "{") return readList(reading, at);
  if (text[reading.at] === "#") {
    reading.at += 1;
    return wordAt(reading, at);
  }
  wordAt(reading, at);
  skipSpace(reading);
  if (reading.at >= text.length) failAt(reading, at, "this tag has no value");
  return readValue(reading);
}

function wordAt(reading: Reading, begun: number): string {
  const { at, text } = reading;
  WORD.lastIndex = at;
  if (!WORD.test(text)) failAt(reading, begun, `expected a value, found ${showCharacter(reading, at)}`);
  reading.at = WORD.lastIndex;
  return text.slice(at, reading.at);
}

function readWord(reading: Reading): Tree {
  const integer = readPlainInteger(reading);
  if (integer >= 0) return integer;
  const { at } = reading;
  const word = wordAt(reading, at);
  const code = word.charCodeAt(0);
  if (code >= 48 && code <= 57) return readNumber(reading, at, word);
  if (code === 58) {
    return word.length > 1 ? word.slice(1) : failAt(reading, at, `":" alone is no keyword; is this JSON?`);
  }
  if (code === 43 || code === 45) return /^[+-]\d/.test(word) ? readNumber(reading, at, word) : word;
  if (word === "nil") return null;
  if (word === "true" || word === "false") return word === "true";
  // Characters and symbols: their text is all that a history needs of them.
  return word;
}

function readNumber(reading: Reading, at: number, word: string): Tree {
  if (INTEGER.test(word)) return exact(reading, at, word);
  if (word.endsWith("N") && INTEGER.test(word.slice(0, -1))) return exact(reading, at, word.slice(0, -1));
  if (NUMBER.test(word)) return Number(word.replace(/M$/, ""));
  return failAt(reading, at, `${JSON.stringify(word)} is not a number`);
}
