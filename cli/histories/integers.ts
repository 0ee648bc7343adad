/** Whole numbers, of which histories are full, read without making a text of each. */

/** More digits might not be exact. */
const MOST_DIGITS = 15;

/** The number that begins at `reading.at`, which then stands behind it; -1 if it is not a plain, short one. */
export function readPlainInteger(reading: { readonly text: string; at: number }): number {
  const { at, text } = reading;
  let end = at;
  let value = 0;
  for (let code = text.charCodeAt(end); code >= 48 && code <= 57; code = text.charCodeAt(++end)) {
    value = 10 * value + code - 48;
  }
  if (end === at || end - at > MOST_DIGITS || (end - at > 1 && text.charCodeAt(at) === 48)) return -1;
  if (!isDelimiter(text.charCodeAt(end))) return -1;
  reading.at = end;
  return value;
}

/** White space, a comma, a closing bracket, or the end of the text. */
function isDelimiter(code: number): boolean {
  return (
    code === 32 ||
    code === 44 ||
    code === 93 ||
    code === 125 ||
    code === 41 ||
    code === 10 ||
    Number.isNaN(code)
  );
}
