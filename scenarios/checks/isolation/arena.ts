/**
 * Memory for the arrays of one judgement, taken in one piece.
 *
 * The engine counts every typed array as memory outside its heap, and after some tens of megabytes of them it looks
 * through the whole heap for what it can free. Beside a history of a million records that look takes longer than
 * the judgement; so the arrays are views of few large blocks, and what one level's graph used is used again by the
 * next. Shared memory is not counted at all, so large blocks are of that.
 */

export interface Arena {
  readonly blocks: ArrayBufferLike[];
  /** The block that is being filled, and how far, in bytes. */
  block: number;
  used: number;
  /** The farthest that it ever was: what lies behind is zeros. */
  farthest: ArenaMark;
}

/** A moment to which the arena can go back. */
export type ArenaMark = Readonly<Pick<Arena, "block" | "used">>;

const SMALLEST_BLOCK = 1 << 16;

/** Smaller ones may be many, and are better counted, so that they are freed in time. */
const SMALLEST_SHARED = 1 << 23;

/** `expected`: about how many bytes will be asked for. */
export function createArena(expected: number): Arena {
  const first = createBlock(Math.max(SMALLEST_BLOCK, expected));
  return { blocks: [first], block: 0, used: 0, farthest: { block: 0, used: 0 } };
}

/** Zeros. */
export function intsIn(arena: Arena, length: number): Int32Array {
  const { buffer, offset } = take(arena, 4 * length);
  return new Int32Array(buffer, offset, length);
}

/** Zeros. */
export function floatsIn(arena: Arena, length: number): Float64Array {
  const { buffer, offset } = take(arena, 8 * length);
  return new Float64Array(buffer, offset, length);
}

/** Zeros. */
export function bytesIn(arena: Arena, length: number): Uint8Array {
  const { buffer, offset } = take(arena, length);
  return new Uint8Array(buffer, offset, length);
}

export function markOf({ block, used }: Arena): ArenaMark {
  return { block, used };
}

/** What was taken since the mark must not be used any more. */
export function releaseTo(arena: Arena, { block, used }: ArenaMark): void {
  arena.block = block;
  arena.used = used;
}

interface Place {
  readonly buffer: ArrayBufferLike;
  readonly offset: number;
}

function take(arena: Arena, bytes: number): Place {
  // A multiple of eight, where any kind of number may lie.
  const size = Math.ceil(bytes / 8) * 8;
  while (arena.used + size > arena.blocks[arena.block]!.byteLength) {
    const last = arena.block === arena.blocks.length - 1;
    if (last) arena.blocks.push(createBlock(Math.max(size, 2 * arena.blocks[arena.block]!.byteLength)));
    arena.block += 1;
    arena.used = 0;
  }
  const place = { buffer: arena.blocks[arena.block]!, offset: arena.used };
  clear(arena, place, size);
  arena.used += size;
  if (isBehind(arena, arena.farthest)) arena.farthest = markOf(arena);
  return place;
}

/** Zeros in place of what was there before a release. */
function clear({ block, farthest }: Arena, { buffer, offset }: Place, size: number): void {
  if (block > farthest.block) return;
  const end = block < farthest.block ? offset + size : Math.min(offset + size, farthest.used);
  if (end > offset) new Float64Array(buffer, offset, (end - offset) / 8).fill(0);
}

function isBehind(one: ArenaMark, other: ArenaMark): boolean {
  return one.block > other.block || (one.block === other.block && one.used > other.used);
}

/** A browser's page has shared memory only if it is isolated from others. */
function createBlock(bytes: number): ArrayBufferLike {
  const isShared = bytes >= SMALLEST_SHARED && typeof SharedArrayBuffer !== "undefined";
  return isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}
