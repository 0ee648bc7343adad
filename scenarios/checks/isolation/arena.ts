/**
 * Memory for the arrays of one judgement, taken in one piece.
 *
 * The engine counts every typed array as memory outside its heap, and after some tens of megabytes of them it looks
 * through the whole heap for what it can free. Beside a history of a million records that look takes longer than
 * the judgement; so the arrays are views of few large blocks, and what one level's graph used is used again by the
 * next.
 */

export interface Arena {
  readonly blocks: ArrayBuffer[];
  /** The block that is being filled, and how far, in bytes. */
  block: number;
  used: number;
}

/** A moment to which the arena can go back. */
export type ArenaMark = Readonly<Pick<Arena, "block" | "used">>;

const SMALLEST_BLOCK = 1 << 16;

/** `expected`: about how many bytes will be asked for. */
export function createArena(expected: number): Arena {
  return { blocks: [new ArrayBuffer(Math.max(SMALLEST_BLOCK, expected))], block: 0, used: 0 };
}

/** Zeros. */
export function intsIn(arena: Arena, length: number): Int32Array {
  const { buffer, offset } = take(arena, 4 * length);
  return new Int32Array(buffer, offset, length).fill(0);
}

/** Zeros. */
export function floatsIn(arena: Arena, length: number): Float64Array {
  const { buffer, offset } = take(arena, 8 * length);
  return new Float64Array(buffer, offset, length).fill(0);
}

/** Zeros. */
export function bytesIn(arena: Arena, length: number): Uint8Array {
  const { buffer, offset } = take(arena, length);
  return new Uint8Array(buffer, offset, length).fill(0);
}

export function markOf({ block, used }: Arena): ArenaMark {
  return { block, used };
}

/** What was taken since the mark must not be used any more. */
export function releaseTo(arena: Arena, { block, used }: ArenaMark): void {
  arena.block = block;
  arena.used = used;
}

function take(arena: Arena, bytes: number): { buffer: ArrayBuffer; offset: number } {
  // A multiple of eight, where any kind of number may lie.
  const size = (bytes + 7) & ~7;
  while (arena.used + size > arena.blocks[arena.block]!.byteLength) {
    const last = arena.block === arena.blocks.length - 1;
    if (last) arena.blocks.push(new ArrayBuffer(Math.max(size, 2 * arena.blocks[arena.block]!.byteLength)));
    arena.block += 1;
    arena.used = 0;
  }
  const offset = arena.used;
  arena.used += size;
  return { buffer: arena.blocks[arena.block]!, offset };
}
