/**
 * The running trace hash: two 32-bit lanes of multiply and shift, 64 bits together. Not against an adversary, but against
 * chance: two runs that differ in one field of one event differ in the hash from that event on.
 */
export interface TraceHash {
  first: number;
  second: number;
}

export function createHash(): TraceHash {
  return { first: 0x2545f491, second: 0x1b873593 };
}

/** Folds in an integer; of a large one, both halves. */
export function fold(hash: TraceHash, value: number): void {
  foldWord(hash, value | 0);
  if (value > 0x7fffffff || value < -0x80000000) foldWord(hash, Math.floor(value / 0x100000000) | 0);
}

export function foldText(hash: TraceHash, text: string): void {
  fold(hash, text.length);
  for (let index = 0; index < text.length; index++) foldWord(hash, text.charCodeAt(index));
}

/** 16 hexadecimal digits. */
export function showHash({ first, second }: TraceHash): string {
  return hex(first) + hex(second);
}

function foldWord(hash: TraceHash, word: number): void {
  let first = Math.imul(hash.first ^ word, 0x9e3779b1);
  first ^= first >>> 15;
  let second = Math.imul((hash.second + word) ^ first, 0x85ebca77);
  second ^= second >>> 13;
  hash.first = first;
  hash.second = second;
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
