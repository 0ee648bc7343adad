/** The kinds of events in the queue, and how an event names its target in one number. */
import type { TimerName } from "../../protocol/effects.ts";
import type { NodeId } from "../../protocol/members.ts";

export const KIND = {
  /** A message reaches the end of its link. Target: a link and its connection. */
  message: 0,
  /** A change of a replication stream does. Target: likewise. */
  change: 1,
  /** Target of these: a node and its incarnation. */
  reply: 2,
  request: 3,
  walSynced: 4,
  logSynced: 5,
  commitFinished: 6,
  waitCheck: 7,
  openStream: 8,
  streamBroken: 9,
  start: 10,
  timer: 11,
  /** 11 to 14. */
  copied: 15,
  /** Target: a client. */
  wake: 20,
  /** Target: the place of a fault in the scenario. */
  fault: 21,
  /** The payload is a fault. */
  undo: 22,
  /** Target: a link and the number of its cut. */
  breakLink: 23,
  /** The nemesis draws its next fault. */
  nemesis: 24,
  /** The end of a cut. Target: a link and the number of its cut. */
  uncut: 25,
  /** The end of a pause. Target: a node and its incarnation. */
  resumed: 26,
  /** The clients stop, and the network loses and repeats nothing any more. */
  calm: 27,
  /** The nemesis leaves a majority alone; it frees the others. */
  leaveAlone: 28,
  free: 29,
  /** Something that had come to a node while it was paused. */
  postponed: 30,
} as const;

export const TIMER_NAMES: readonly TimerName[] = ["heartbeat", "deadlock", "commit queue", "snapshot"];

export function timerKind(timer: TimerName): number {
  return KIND.timer + TIMER_NAMES.indexOf(timer);
}

const NODE_BITS = 5;
const LINK_BITS = 10;

export function nodeTarget(node: NodeId, incarnation: number): number {
  return (incarnation << NODE_BITS) | node;
}

export function targetNode(target: number): NodeId {
  return target & ((1 << NODE_BITS) - 1);
}

export function targetIncarnation(target: number): number {
  return target >>> NODE_BITS;
}

/** A link by its index, and a number that tells one state of it from a later one. */
export function linkTarget(index: number, version: number): number {
  return (version << LINK_BITS) | index;
}

export function targetLink(target: number): number {
  return target & ((1 << LINK_BITS) - 1);
}

export function targetVersion(target: number): number {
  return target >>> LINK_BITS;
}
