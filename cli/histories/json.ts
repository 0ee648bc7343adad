/** JSON (RFC 8259), strictly, with positions: a value, or several after one another as in JSON lines. */
import { readPlainInteger } from "./integers.ts";
import { failAt, type Source, showCharacter } from "./source.ts";
import type { Tree, TreeList, TreeMap } from "./tree.ts";

interface Reading extends Source {
  at: number;
  depth: number;
}

const DEEPEST = 500;

/** Hands over the operations, with their places: the text's values, or the items of the list that it is. Throws UserError. */
export function readJson(source: Source, take: (tree: Tree, at: number) => void): void {
  const reading: Reading = { ...source, at: 0, depth: 0 };
  skipSpace(reading);
  if (reading.text[reading.at] === "[") readItems(reading, take);
  for (skipSpace(reading); reading.at < reading.text.length; skipSpace(reading)) {
    const { at } = reading;
    take(readValue(reading), at);
  }
}

/** The value at a place that readJson gave. */
export function readJsonAt(source: Source, at: number): Tree {
  return readValue({ ...source, at, depth: 0 });
}

function skipSpace(reading: Reading): void {
  const { text } = reading;
  for (;;) {
    const code = text.charCodeAt(reading.at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9 && code !== 0xfeff) return;
    reading.at += 1;
  }
}

function readValue(reading: Reading): Tree {
  switch (reading.text[reading.at]) {
    case "{":
      return readMap(reading);
    case "[":
      return readList(reading);
    case '"':
      return readString(reading);
    default:
      return readWord(reading);
  }
}

function readList(reading: Reading): TreeList {
  const list: TreeList = { at: reading.at, items: [] };
  readItems(reading, (item) => list.items.push(item));
  return list;
}

function readItems(reading: Reading, give: (item: Tree, at: number) => void): void {
  const begun = reading.at;
  open(reading);
  if (reading.text[reading.at] === "]") return close(reading);
  for (;;) {
    const { at } = reading;
    give(readValue(reading), at);
    skipSpace(reading);
    if (reading.text[reading.at] === "]") return close(reading);
    take(reading, ",", `"," or "]" of the list begun`, begun);
  }
}

function readMap(reading: Reading): TreeMap {
  const map: TreeMap = { at: reading.at, entries: new Map() };
  open(reading);
  if (reading.text[reading.at] === "}") {
    close(reading);
    return map;
  }
  for (;;) {
    const { at } = reading;
    if (reading.text[at] !== '"')
      failAt(reading, at, `expected a field's name, found ${showCharacter(reading, at)}`);
    const key = readString(reading);
    if (map.entries.has(key)) failAt(reading, at, `the field ${JSON.stringify(key)} is there twice`);
    skipSpace(reading);
    take(reading, ":", '":"', map.at);
    map.entries.set(key, readValue(reading));
    skipSpace(reading);
    if (reading.text[reading.at] === "}") {
      close(reading);
      return map;
    }
    take(reading, ",", `"," or "}" of the object begun`, map.at);
  }
}

function open(reading: Reading): void {
  reading.depth += 1;
  if (reading.depth > DEEPEST) failAt(reading, reading.at, `nested more than ${DEEPEST} deep`);
  reading.at += 1;
  skipSpace(reading);
}

function close(reading: Reading): void {
  reading.depth -= 1;
  reading.at += 1;
}

function take(reading: Reading, character: string, expected: string, begun: number): void {
  const { at, text } = reading;
  if (text[at] !== character) {
    const where = expected.endsWith("begun") ? ` ${placeOf(reading, begun)}` : "";
    failAt(reading, at, `expected ${expected}${where}, found ${showCharacter(reading, at)}`);
  }
  reading.at += 1;
  skipSpace(reading);
}

function placeOf({ text }: Source, offset: number): string {
  const before = text.slice(0, offset);
  return `at ${before.split("\n").length}:${offset - before.lastIndexOf("\n")}`;
}

const PLAIN_STRING = /"[^"\\\n\r]*"/y;
const STRING = /"(?:[^"\\\n\r]|\\.)*"/y;

function readString(reading: Reading): string {
  const { at, text } = reading;
  PLAIN_STRING.lastIndex = at;
  if (PLAIN_STRING.test(text)) {
    reading.at = PLAIN_STRING.lastIndex;
    return text.slice(at + 1, reading.at - 1);
  }
  STRING.lastIndex = at;
  if (!STRING.test(text)) failAt(reading, at, "this text has no end");
  reading.at = STRING.lastIndex;
  try {
    return JSON.parse(text.slice(at, reading.at)) as string;
  } catch {
    return failAt(reading, at, "not a JSON string");
  }
}

const WORD = /[^\s,\]}{["]+/y;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function readWord(reading: Reading): number | boolean | null {
  const integer = readPlainInteger(reading);
  if (integer >= 0) return integer;
  const { at, text } = reading;
  WORD.lastIndex = at;
  if (!WORD.test(text)) failAt(reading, at, `expected a value, found ${showCharacter(reading, at)}`);
  const word = text.slice(at, WORD.lastIndex);
  reading.at = WORD.lastIndex;
  if (word === "null") return null;
  if (word === "true" || word === "false") return word === "true";
  if (!NUMBER.test(word)) failAt(reading, at, `${JSON.stringify(word)} is not JSON`);
  return exact(reading, at, word);
}

/** Throws UserError for an integer that a double cannot hold. */
export function exact(source: Source, at: number, word: string): number {
  const value = Number(word);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) failAt(source, at, `${word} is too large`);
  return value;
}
