/**
 * The event queue: exact in (time, sequence) order, over arrays of numbers.
 *
 * Times are whole microseconds. Events of the near future lie in a ring of buckets, each 64 ticks wide and a list in
 * order of (time, sequence). Later events wait in a binary heap and move into the ring as time advances, before
 * anything can be put into their bucket directly, so they stay ahead of what is pushed later with the same time.
 *
 * Buckets are so wide that all of the ring stays in the processor's nearest cache, and so narrow that a list is short:
 * with one bucket a tick, most of an event's cost was to fetch its bucket from memory. A plain sorted list is the
 * reference in the property test.
 */

const TICK_BITS = 6;
const TICKS = 1 << TICK_BITS;
const BUCKETS = 2_048;
/** Ticks that the ring covers: longer than a heartbeat, so that few events see the heap. */
const HORIZON = BUCKETS * TICKS;
const WORDS = BUCKETS >> 5;
const NONE = -1;

/** Plain data, so that a checkpoint can clone it. `pop` leaves the event in `time`, `kind`, `target` and `payload`. */
export interface EventQueue {
  time: number;
  kind: number;
  target: number;
  payload: unknown;
  size: number;
  /** The time of the last event taken; the ring's window begins with its bucket. */
  base: number;
  /** Pushed so far; orders the events of the heap. */
  pushed: number;
  readonly heads: Int32Array;
  readonly tails: Int32Array;
  /** One bit a bucket. */
  readonly occupied: Int32Array;
  readonly slots: Slots;
  readonly heap: Heap;
}

/** The events themselves, in columns. */
interface Slots {
  capacity: number;
  next: Int32Array;
  /** Plain, so that small times stay small integers, which cost nothing to store elsewhere. */
  readonly times: number[];
  kinds: Uint8Array;
  targets: Int32Array;
  readonly payloads: unknown[];
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
    heads: new Int32Array(BUCKETS).fill(NONE),
    tails: new Int32Array(BUCKETS).fill(NONE),
    occupied: new Int32Array(WORDS),
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
  if (time < windowEnd(queue)) insert(queue, time, slot);
  else pushHeap(queue.heap, slot, time, queue.pushed);
  queue.pushed += 1;
}

/** Takes the first event, unless it is later than `until`; false if there is none. */
export function pop(queue: EventQueue, until: number): boolean {
  if (queue.size === 0) return false;
  const { slots } = queue;
  const slot = firstSlot(queue);
  const time = slots.times[slot] as number;
  if (time > until) return false;
  if (time !== queue.base) advance(queue, time);
  removeFirst(queue, bucketOf(time));
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

function firstSlot(queue: EventQueue): number {
  const bucket = firstBucket(queue);
  return (bucket === NONE ? queue.heap.slots[0] : queue.heads[bucket]) as number;
}

/** The first bucket of the window that holds something, or NONE. The window begins somewhere in the middle of the ring. */
function firstBucket({ occupied, base }: EventQueue): number {
  const start = bucketOf(base);
  const startWord = start >> 5;
  const first = (occupied[startWord] as number) & (-1 << (start & 31));
  if (first !== 0) return (startWord << 5) + lowestBit(first);
  // Around the ring and back in the first word, of which only what lies before the start is left.
  for (let step = 1; step <= WORDS; step++) {
    const word = (startWord + step) & (WORDS - 1);
    const bits = occupied[word] as number;
    if (bits !== 0) return (word << 5) + lowestBit(bits);
  }
  return NONE;
}

/** Moves the window to `time`, and into the ring what the heap holds for the new window. */
function advance(queue: EventQueue, time: number): void {
  queue.base = time;
  const { heap } = queue;
  const end = windowEnd(queue);
  while (heap.slots.length > 0 && (heap.times[0] as number) < end) {
    const due = heap.times[0] as number;
    insert(queue, due, popHeap(heap));
  }
}

/** Behind everything of the same time. */
function insert({ heads, tails, occupied, slots }: EventQueue, time: number, slot: number): void {
  const { next, times } = slots;
  const bucket = bucketOf(time);
  const head = heads[bucket] as number;
  if (head === NONE) {
    next[slot] = NONE;
    heads[bucket] = slot;
    tails[bucket] = slot;
    occupied[bucket >> 5] = (occupied[bucket >> 5] as number) | (1 << (bucket & 31));
    return;
  }
  const tail = tails[bucket] as number;
  if ((times[tail] as number) <= time) {
    next[slot] = NONE;
    next[tail] = slot;
    tails[bucket] = slot;
    return;
  }
  if ((times[head] as number) > time) {
    next[slot] = head;
    heads[bucket] = slot;
    return;
  }
  let before = head;
  while ((times[next[before] as number] as number) <= time) before = next[before] as number;
  next[slot] = next[before] as number;
  next[before] = slot;
}

function removeFirst({ heads, occupied, slots }: EventQueue, bucket: number): void {
  const following = slots.next[heads[bucket] as number] as number;
  heads[bucket] = following;
  if (following === NONE) occupied[bucket >> 5] = (occupied[bucket >> 5] as number) & ~(1 << (bucket & 31));
}

function bucketOf(time: number): number {
  return (time >> TICK_BITS) & (BUCKETS - 1);
}

function windowEnd({ base }: EventQueue): number {
  return base - (base & (TICKS - 1)) + HORIZON;
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function createSlots(capacity: number): Slots {
  const slots: Slots = {
    capacity: 0,
    next: new Int32Array(0),
    times: [],
    kinds: new Uint8Array(0),
    targets: new Int32Array(0),
    payloads: [],
    free: NONE,
  };
  growSlots(slots, capacity);
  return slots;
}

function growSlots(slots: Slots, capacity: number): void {
  const { next, kinds, targets } = slots;
  slots.next = new Int32Array(capacity);
  slots.next.set(next);
  slots.kinds = new Uint8Array(capacity);
  slots.kinds.set(kinds);
  slots.targets = new Int32Array(capacity);
  slots.targets.set(targets);
  for (let slot = slots.capacity; slot < capacity; slot++) {
    slots.times.push(0);
    slots.payloads.push(null);
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
