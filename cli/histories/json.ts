/** JSON (RFC 8259), strictly, with positions: a value, or several after one another as in JSON lines. */
import { readPlainInteger } from "./integers.ts";
import { createReading, enter, hold, holdsName, leave, type Reading, release, type Take } from "./reading.ts";
import { failAt, type Source, showCharacter } from "./source.ts";
import type { Tree, TreeList, TreeMap } from "./tree.ts";
import { characterSet, placeOfAny, wordBetween } from "./words.ts";

/** Hands over the operations, with their places: the text's values, or the items of the list that it is. Throws UserError. */
export function readJson(source: Source, take: Take): void {
  const reading = createReading(source, 0);
  skipSpace(reading);
  if (reading.text[reading.at] === "[") readItems(reading, (_, item, at) => take(item, at));
  for (skipSpace(reading); reading.at < reading.text.length; skipSpace(reading)) {
    const { at } = reading;
    take(readValue(reading), at);
  }
}

/** The value at a place that readJson gave. */
export function readJsonAt(source: Source, at: number): Tree {
  return readValue(createReading(source, at));
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
  const { at, holding } = reading;
  readItems(reading, hold);
  return { at, items: release(reading, holding) };
}

function readItems(reading: Reading, give: (reading: Reading, item: Tree, at: number) => void): void {
  const begun = reading.at;
  enter(reading);
  skipSpace(reading);
  if (reading.text[reading.at] === "]") return leave(reading);
  for (;;) {
    const { at } = reading;
    give(reading, readValue(reading), at);
    skipSpace(reading);
    if (reading.text[reading.at] === "]") return leave(reading);
    take(reading, ",", `"," or "]" of the list begun`, begun);
  }
}

function readMap(reading: Reading): TreeMap {
  const { at, holding } = reading;
  readFields(reading, holding);
  return { at, entries: release(reading, holding) };
}

function readFields(reading: Reading, holding: number): void {
  const begun = reading.at;
  enter(reading);
  skipSpace(reading);
  if (reading.text[reading.at] === "}") return leave(reading);
  for (;;) {
    readField(reading, holding, begun);
    skipSpace(reading);
    if (reading.text[reading.at] === "}") return leave(reading);
    take(reading, ",", `"," or "}" of the object begun`, begun);
  }
}

function readField(reading: Reading, holding: number, begun: number): void {
  const { at, text } = reading;
  if (text[at] !== '"') failAt(reading, at, `expected a field's name, found ${showCharacter(reading, at)}`);
  const name = readString(reading);
  if (holdsName(reading, holding, name)) {
    failAt(reading, at, `the field ${JSON.stringify(name)} is there twice`);
  }
  skipSpace(reading);
  take(reading, ":", '":"', begun);
  hold(reading, name);
  hold(reading, readValue(reading));
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

/** Where a text ends that has nothing special in it. */
const PLAIN_END = characterSet(/["\\\n\r]/);
const STRING = /"(?:[^"\\\n\r]|\\.)*"/y;

function readString(reading: Reading): string {
  const { at, text, words } = reading;
  const end = placeOfAny(PLAIN_END, text, at + 1);
  if (text[end] === '"') {
    reading.at = end + 1;
    return wordBetween(words, text, at + 1, end);
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

const WORD_END = characterSet(/[\s,\]}{["]/);
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function readWord(reading: Reading): number | boolean | null {
  const integer = readPlainInteger(reading);
  if (integer >= 0) return integer;
  const { at, text, words } = reading;
  const end = placeOfAny(WORD_END, text, at);
  if (end === at) failAt(reading, at, `expected a value, found ${showCharacter(reading, at)}`);
  const word = wordBetween(words, text, at, end);
  reading.at = end;
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
