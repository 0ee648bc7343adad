/**
 * EDN (github.com/edn-format/edn), strictly, with positions: all values of a text. A keyword becomes its name, a list
 * or set a list; a tag is dropped and its value kept, as in #jepsen.history.Op{...}.
 */

import { readPlainInteger } from "./integers.ts";
import { exact } from "./json.ts";
import { createReading, enter, hold, holdsName, leave, type Reading, release, type Take } from "./reading.ts";
import { failAt, type Source, showCharacter } from "./source.ts";
import type { Tree, TreeList, TreeMap } from "./tree.ts";
import { characterSet, hasCharacter, placeOfAny, wordBetween } from "./words.ts";

const SPACE = characterSet(/[\s,]/);
const LINE_END = characterSet(/\n/);
const WORD_END = characterSet(/[\s,;"()[\]{}]/);
const STRING = /"(?:[^"\\]|\\[\s\S])*"/y;
const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?M?$/;
const CLOSING: Readonly<Record<string, string>> = { "[": "]", "(": ")", "{": "}" };

/** Hands over the operations, with their places: the text's values, or the items of the list that it is. Throws UserError. */
export function readEdn(source: Source, take: Take): void {
  const reading = createReading(source, 0);
  skipSpace(reading);
  const first = reading.text[reading.at];
  if (first === "[" || first === "(") readItems(reading, reading.at, (_, item, at) => take(item, at));
  for (skipSpace(reading); reading.at < reading.text.length; skipSpace(reading)) {
    const { at } = reading;
    take(readValue(reading), at);
  }
}

/** The value at a place that readEdn gave. */
export function readEdnAt(source: Source, at: number): Tree {
  return readValue(createReading(source, at));
}

/** White space, commas, comments, and values that are commented out by #_. */
function skipSpace(reading: Reading): void {
  const { text } = reading;
  while (reading.at < text.length) {
    const code = text.charCodeAt(reading.at);
    if (hasCharacter(SPACE, code)) reading.at += 1;
    else if (code === SEMICOLON) reading.at = placeOfAny(LINE_END, text, reading.at);
    else if (code === HASH && text[reading.at + 1] === "_") skipDiscarded(reading);
    else return;
  }
}

const SEMICOLON = 59;
const HASH = 35;

function skipDiscarded(reading: Reading): void {
  reading.at += 2;
  skipSpace(reading);
  readValue(reading);
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
  const { holding } = reading;
  readItems(reading, at, hold);
  return { at, items: release(reading, holding) };
}

function readItems(
  reading: Reading,
  begun: number,
  give: (reading: Reading, item: Tree, at: number) => void,
): void {
  const closing = open(reading);
  while (reading.text[reading.at] !== closing) {
    expectMore(reading, begun, closing);
    const { at } = reading;
    give(reading, readValue(reading), at);
    skipSpace(reading);
  }
  leave(reading);
}

function readMap(reading: Reading): TreeMap {
  const { at: begun, holding } = reading;
  const closing = open(reading);
  while (reading.text[reading.at] !== closing) {
    expectMore(reading, begun, closing);
    readField(reading, holding, begun, closing);
    skipSpace(reading);
  }
  leave(reading);
  return { at: begun, entries: release(reading, holding) };
}

function readField(reading: Reading, holding: number, begun: number, closing: string): void {
  const { at } = reading;
  const key = readValue(reading);
  if (holdsName(reading, holding, key)) failAt(reading, at, `the key ${JSON.stringify(key)} is there twice`);
  skipSpace(reading);
  if (reading.text[reading.at] === closing) failAt(reading, at, "this key has no value");
  expectMore(reading, begun, closing);
  hold(reading, key);
  hold(reading, readValue(reading));
}

function open(reading: Reading): string {
  const closing = CLOSING[reading.text[reading.at]!]!;
  enter(reading);
  skipSpace(reading);
  return closing;
}

function expectMore(reading: Reading, begun: number, closing: string): void {
  const { at, text } = reading;
  const found = text[at];
  if (found !== undefined && found !== ")" && found !== "]" && found !== "}") return;
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
  const { at, text, words } = reading;
  const end = placeOfAny(WORD_END, text, at);
  if (end === at) failAt(reading, begun, `expected a value, found ${showCharacter(reading, at)}`);
  reading.at = end;
  return wordBetween(words, text, at, end);
}

function readWord(reading: Reading): Tree {
  const integer = readPlainInteger(reading);
  if (integer >= 0) return integer;
  const { at, text } = reading;
  if (text[at] === ":") return readKeyword(reading);
  const word = wordAt(reading, at);
  const code = word.charCodeAt(0);
  if (code >= 48 && code <= 57) return readNumber(reading, at, word);
  if (code === 43 || code === 45) return /^[+-]\d/.test(word) ? readNumber(reading, at, word) : word;
  if (word === "nil") return null;
  if (word === "true" || word === "false") return word === "true";
  // Characters and symbols: their text is all that a history needs of them.
  return word;
}

function readKeyword(reading: Reading): string {
  const { at, text, words } = reading;
  reading.at = placeOfAny(WORD_END, text, at);
  if (reading.at === at + 1) failAt(reading, at, `":" alone is no keyword; is this JSON?`);
  return wordBetween(words, text, at + 1, reading.at);
}

function readNumber(reading: Reading, at: number, word: string): Tree {
  if (INTEGER.test(word)) return exact(reading, at, word);
  if (word.endsWith("N") && INTEGER.test(word.slice(0, -1))) return exact(reading, at, word.slice(0, -1));
  if (NUMBER.test(word)) return Number(word.replace(/M$/, ""));
  return failAt(reading, at, `${JSON.stringify(word)} is not a number`);
}
