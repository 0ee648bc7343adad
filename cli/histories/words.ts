/** Words of a text: where they end, and one text for each that comes again and again, as names of fields do. */

/** Characters by what a pattern says of each alone. */
export interface CharacterSet {
  readonly pattern: RegExp;
  /** The answer for the first characters, which are nearly all that there are. */
  readonly known: Uint8Array;
}

export function characterSet(pattern: RegExp): CharacterSet {
  const known = Uint8Array.from({ length: 128 }, (_, code) =>
    Number(pattern.test(String.fromCharCode(code))),
  );
  return { pattern, known };
}

export function hasCharacter({ known, pattern }: CharacterSet, code: number): boolean {
  return code < known.length ? known[code] === 1 : pattern.test(String.fromCharCode(code));
}

/** The place of the first of these characters from `at` on, or the end of the text. */
export function placeOfAny(characters: CharacterSet, text: string, at: number): number {
  let end = at;
  while (end < text.length && !hasCharacter(characters, text.charCodeAt(end))) end += 1;
  return end;
}

/** Words that were seen, each in the slot that its characters choose, until another takes the slot. */
export type KnownWords = string[];

const SLOTS = 1 << 12;

/** What is longer hardly comes twice. */
const LONGEST = 24;

export function createKnownWords(): KnownWords {
  return new Array<string>(SLOTS).fill("");
}

/** The part of the text, which is a new text only if the word is not known. */
export function wordBetween(known: KnownWords, text: string, from: number, to: number): string {
  const length = to - from;
  if (length > LONGEST) return text.slice(from, to);
  let mixed = length;
  for (let at = from; at < to; at++) mixed = (Math.imul(mixed, 31) + text.charCodeAt(at)) | 0;
  const slot = (mixed ^ (mixed >>> 12)) & (SLOTS - 1);
  const word = known[slot]!;
  if (word.length === length && text.startsWith(word, from)) return word;
  known[slot] = text.slice(from, to);
  return known[slot];
}
