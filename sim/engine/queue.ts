/**
 * The event queue: exact in (time, sequence) order, over typed arrays.
 *
 * Times are whole microseconds. Events within HORIZON of now live in a ring of one-tick buckets, each a first-in
 * first-out list; the sequence is the position in the list. Later events wait in a binary heap and move into the
 * ring as time advances, before anything can be put into their tick directly, so they stay ahead of what is pushed
 * later. Two to ten times as fast as a heap at network-like delays (engine.md 3); a plain heap is its reference in
 * the property test.
 */

/** Ticks that the ring covers: longer than a heartbeat, so that few events see the heap. */
const HORIZON = 1 << 17;
const RING_MASK = HORIZON - 1;
const WORDS = HORIZON >> 5;
const SUMMARY_WORDS = WORDS >> 5;
const NONE = -1;

/** Plain data, so that a checkpoint can clone it. `pop` leaves the event in `time`, `kind`, `target` and `payload`. */
export interface EventQueue {
  time: number;
  kind: number;
  target: number;
  payload: unknown;
  size: number;
  /** Start of the ring's window: the time of the last event taken. */
  base: number;
  /** Pushed so far; orders the events of the heap. */
  pushed: number;
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  /** One bit a bucket, and one bit a word of bits: where the next event is. */
  readonly occupied: Int32Array;
  readonly summary: Int32Array;
  slots: Slots;
  readonly heap: Heap;
}

/** The events themselves, in columns. */
interface Slots {
  capacity: number;
  next: Int32Array;
  times: Float64Array;
  kinds: Uint8Array;
  targets: Int32Array;
  payloads: unknown[];
  free: number;
}

/** Slots ordered by (time, sequence). */
interface Heap {
  readonly slots: number[];
  readonly times: number[];
  readonly sequences: number[];
}

export function createQueue(): EventQueue {
  return {
    time: 0,
    kind: 0,
    target: 0,
    payload: null,
    size: 0,
    base: 0,
    pushed: 0,
    heads: new Int32Array(HORIZON).fill(NONE),
    tails: new Int32Array(HORIZON).fill(NONE),
    occupied: new Int32Array(WORDS),
    summary: new Int32Array(SUMMARY_WORDS),
    slots: createSlots(256),
    heap: { slots: [], times: [], sequences: [] },
  };
}

/** `time` is a whole number, not before the last event taken. `kind` fits a byte, `target` 32 bits. */
export function push(queue: EventQueue, time: number, kind: number, target: number, payload: unknown): void {
  if (time < queue.base) throw new RangeError(`event at ${time}, which is before now, ${queue.base}`);
  const slot = takeSlot(queue.slots);
  queue.slots.times[slot] = time;
  queue.slots.kinds[slot] = kind;
  queue.slots.targets[slot] = target;
  queue.slots.payloads[slot] = payload;
  queue.size += 1;
  if (time - queue.base < HORIZON) append(queue, time, slot);
  else pushHeap(queue.heap, slot, time, queue.pushed);
  queue.pushed += 1;
}

/** Takes the first event, unless it is later than `until`; false if there is none. */
export function pop(queue: EventQueue, until: number): boolean {
  if (queue.size === 0) return false;
  const ringTime = nextInRing(queue);
  const time = ringTime === NONE ? (queue.heap.times[0] as number) : ringTime;
  if (time > until) return false;
  if (time !== queue.base) advance(queue, time);
  const bucket = time & RING_MASK;
  const slot = queue.heads[bucket] as number;
  const { slots } = queue;
  const following = slots.next[slot] as number;
  queue.heads[bucket] = following;
  if (following === NONE) clearBucket(queue, bucket);
  queue.time = time;
  queue.kind = slots.kinds[slot] as number;
  queue.target = slots.targets[slot] as number;
  queue.payload = slots.payloads[slot];
  slots.payloads[slot] = null;
  slots.next[slot] = slots.free;
  slots.free = slot;
  queue.size -= 1;
  return true;
}

function append(queue: EventQueue, time: number, slot: number): void {
  const bucket = time & RING_MASK;
  queue.slots.next[slot] = NONE;
  if (queue.heads[bucket] === NONE) {
    queue.heads[bucket] = slot;
    const word = bucket >> 5;
    queue.occupied[word] = (queue.occupied[word] as number) | (1 << (bucket & 31));
    queue.summary[word >> 5] = (queue.summary[word >> 5] as number) | (1 << (word & 31));
  } else {
    queue.slots.next[queue.tails[bucket] as number] = slot;
  }
  queue.tails[bucket] = slot;
}

function clearBucket(queue: EventQueue, bucket: number): void {
  const word = bucket >> 5;
  const bits = (queue.occupied[word] as number) & ~(1 << (bucket & 31));
  queue.occupied[word] = bits;
  if (bits === 0) queue.summary[word >> 5] = (queue.summary[word >> 5] as number) & ~(1 << (word & 31));
}

/** Moves the window to `time`, and into the ring what the heap holds for the new window. */
function advance(queue: EventQueue, time: number): void {
  queue.base = time;
  const { heap } = queue;
  const limit = time + HORIZON;
  while (heap.slots.length > 0 && (heap.times[0] as number) < limit) {
    const due = heap.times[0] as number;
    append(queue, due, popHeap(heap));
  }
}

/** Time of the first event in the ring, or NONE. The window begins at `base`, somewhere in the middle of the ring. */
function nextInRing(queue: EventQueue): number {
  const { occupied, base } = queue;
  const start = base & RING_MASK;
  const startWord = start >> 5;
  const first = (occupied[startWord] as number) & (-1 << (start & 31));
  if (first !== 0) return base + ((startWord << 5) + lowestBit(first) - start);
  const word = nextWord(queue, startWord);
  if (word === NONE) return NONE;
  let bits = occupied[word] as number;
  // Around the ring and back in the first word: only what lies before the start.
  if (word === startWord) bits &= ~(-1 << (start & 31));
  if (bits === 0) return NONE;
  return base + (((word << 5) + lowestBit(bits) - start) & RING_MASK);
}

/** The next word after `startWord` with a bit set, going around and ending with `startWord` itself. */
function nextWord({ summary }: EventQueue, startWord: number): number {
  const startSummary = startWord >> 5;
  const after = startWord & 31;
  const first = after === 31 ? 0 : (summary[startSummary] as number) & (-1 << (after + 1));
  if (first !== 0) return (startSummary << 5) + lowestBit(first);
  for (let step = 1; step < SUMMARY_WORDS; step++) {
    const index = (startSummary + step) & (SUMMARY_WORDS - 1);
    const bits = summary[index] as number;
    if (bits !== 0) return (index << 5) + lowestBit(bits);
  }
  const last = (summary[startSummary] as number) & ~(after === 31 ? 0 : -1 << (after + 1));
  return last === 0 ? NONE : (startSummary << 5) + lowestBit(last);
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function createSlots(capacity: number): Slots {
  const slots: Slots = {
    capacity: 0,
    next: new Int32Array(0),
    times: new Float64Array(0),
    kinds: new Uint8Array(0),
    targets: new Int32Array(0),
    payloads: [],
    free: NONE,
  };
  growSlots(slots, capacity);
  return slots;
}

function growSlots(slots: Slots, capacity: number): void {
  const { next, times, kinds, targets } = slots;
  slots.next = new Int32Array(capacity);
  slots.next.set(next);
  slots.times = new Float64Array(capacity);
  slots.times.set(times);
  slots.kinds = new Uint8Array(capacity);
  slots.kinds.set(kinds);
  slots.targets = new Int32Array(capacity);
  slots.targets.set(targets);
  for (let slot = capacity - 1; slot >= slots.capacity; slot--) {
    slots.payloads[slot] = null;
    slots.next[slot] = slots.free;
    slots.free = slot;
  }
  slots.capacity = capacity;
}

function takeSlot(slots: Slots): number {
  if (slots.free === NONE) growSlots(slots, slots.capacity * 2);
  const slot = slots.free;
  slots.free = slots.next[slot] as number;
  return slot;
}

function pushHeap(heap: Heap, slot: number, time: number, sequence: number): void {
  let place = heap.slots.length;
  heap.slots.push(slot);
  heap.times.push(time);
  heap.sequences.push(sequence);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(heap, place, parent)) break;
    swap(heap, place, parent);
    place = parent;
  }
}

function popHeap(heap: Heap): number {
  const slot = heap.slots[0] as number;
  const last = heap.slots.length - 1;
  swap(heap, 0, last);
  heap.slots.pop();
  heap.times.pop();
  heap.sequences.pop();
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    if (left >= last) break;
    const right = left + 1;
    const child = right < last && isBefore(heap, right, left) ? right : left;
    if (!isBefore(heap, child, place)) break;
    swap(heap, place, child);
    place = child;
  }
  return slot;
}

function isBefore(heap: Heap, one: number, other: number): boolean {
  const time = heap.times[one] as number;
  const otherTime = heap.times[other] as number;
  if (time !== otherTime) return time < otherTime;
  return (heap.sequences[one] as number) < (heap.sequences[other] as number);
}

function swap(heap: Heap, one: number, other: number): void {
  swapIn(heap.slots, one, other);
  swapIn(heap.times, one, other);
  swapIn(heap.sequences, one, other);
}

function swapIn(list: number[], one: number, other: number): void {
  const value = list[one] as number;
  list[one] = list[other] as number;
  list[other] = value;
}
