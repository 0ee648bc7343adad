/**
 * A state's own hash: of everything in it, by value, in the order in which it stands. Two states that a node cannot tell
 * apart have the same one, whether they are drafts' products or were changed in place.
 */
import { createHash, fold, foldText, showHash, type TraceHash } from "./hash.ts";

/** 16 hexadecimal digits, of any plain data, also if it holds itself. Which objects are the same one makes no difference. */
export function hashOfData(data: unknown): string {
  const folding: Folding = { hash: createHash(), path: new Map() };
  foldData(folding, data);
  return showHash(folding.hash);
}

interface Folding {
  readonly hash: TraceHash;
  /** The objects in which the present one stands, and how deep each of them stands. */
  readonly path: Map<object, number>;
}

function foldData(folding: Folding, data: unknown): void {
  const { hash, path } = folding;
  if (typeof data === "number") return foldNumber(hash, data);
  if (typeof data === "string") return foldText(hash, data);
  if (typeof data === "boolean") return fold(hash, data ? 11 : 12);
  if (data === null || data === undefined) return fold(hash, 13);
  if (typeof data !== "object") throw new TypeError(`${typeof data} is no data`);
  const above = path.get(data);
  if (above !== undefined) return fold(hash, path.size - above);
  path.set(data, path.size);
  foldContents(folding, data);
  path.delete(data);
}

function foldContents(folding: Folding, data: object): void {
  if (Array.isArray(data)) return foldList(folding, data);
  if (data instanceof Map) return foldList(folding, [...data].flat());
  if (data instanceof Set) return foldList(folding, [...data]);
  if (ArrayBuffer.isView(data)) return foldList(folding, Array.from(data as Int32Array));
  foldObject(folding, data);
}

/** Fields in order of their names: how an object was built makes no difference. */
function foldObject(folding: Folding, data: object): void {
  const { hash } = folding;
  const fields = Object.keys(data).sort();
  fold(hash, fields.length);
  for (const field of fields) {
    foldText(hash, field);
    foldData(folding, (data as Record<string, unknown>)[field]);
  }
}

function foldList(folding: Folding, list: readonly unknown[]): void {
  fold(folding.hash, list.length);
  for (const item of list) foldData(folding, item);
}

function foldNumber(hash: TraceHash, value: number): void {
  if (Number.isSafeInteger(value)) fold(hash, value);
  else foldText(hash, String(value));
}
