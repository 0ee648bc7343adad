import fc from "fast-check";
import { expect, test } from "vitest";
import { characterSet, createKnownWords, placeOfAny, wordBetween } from "./words.ts";

test("a word is what stands there, whether it is known or not", () => {
  const known = createKnownWords();
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), fc.nat(), fc.nat(), (text, one, other) => {
      const [from, to] = [one % (text.length + 1), other % (text.length + 1)].sort((a, b) => a - b) as [
        number,
        number,
      ];
      expect(wordBetween(known, text, from, to)).toBe(text.slice(from, to));
      expect(wordBetween(known, text, from, to)).toBe(text.slice(from, to));
    }),
  );
});

test("a word ends at the first of the characters, or with the text", () => {
  const spaces = characterSet(/[\s,]/);
  const ends = ["type ok", "type,ok", "type\u00a0ok", "type"].map((text) => placeOfAny(spaces, text, 0));
  expect(ends).toEqual([4, 4, 4, 4]);
  expect(placeOfAny(spaces, "größe ", 0)).toBe(5);
});
