/**
 * The node's clock: where stamps and snapshots come from.
 *
 * Sources: Clock-SI section III (theory 1.2, 1.3), and theory 5.6 for what a bad clock can do. The rules:
 * - a stamp is greater than every stamp and every snapshot given before, and than every CSN committed here
 *   (V3: whoever overwrites a row gets a larger CSN than the row's writer, whatever the clocks say);
 * - a snapshot is never older than one given before;
 * - both also across restarts (C1, V2): what was given lies below a durable high-water mark, at which a restarted
 *   node goes on. The mark is persisted before the stamp that needs it can leave the node;
 * - a wall clock is believed only within `maxDriftUs` of the median of all nodes' clocks (V7). A stamp, once given,
 *   cannot be taken back, so a clock that is an hour fast must be noticed before it stamps anything, or it would hold
 *   up every commit of the cluster for that hour. For the same reason nothing is stamped before a majority's clocks
 *   were heard.
 */
import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import type { TimerName } from "../effects.ts";
import { contains, majority, type NodeId, size } from "../members.ts";
import { currentScope } from "../membership/scope.ts";
import type { NodeState, Peer } from "../state.ts";

export function nextStamp(node: NodeState, context: Context): Csn {
  const { clock } = node;
  const stamp = node.now > clock.floor ? node.now : clock.floor + 1;
  clock.floor = stamp;
  reserve(node, stamp, context);
  return stamp;
}

/** What the clock shows now, made monotonic. Later stamps are greater. */
export function nextSnapshot(node: NodeState, context: Context): Csn {
  const { clock } = node;
  if (node.now > clock.snapshot) clock.snapshot = node.now;
  keepAbove(node, clock.snapshot, context);
  return clock.snapshot;
}

/** When a transaction began, for who is older; unique at this node. It orders nothing else, so it binds no stamp. */
export function nextAge(node: NodeState): Csn {
  const { clock } = node;
  clock.age = node.now > clock.age ? node.now : clock.age + 1;
  return clock.age;
}

/** A CSN that becomes part of this node's past: later stamps are greater. */
export function keepAbove(node: NodeState, csn: Csn, context: Context): void {
  if (csn <= node.clock.floor) return;
  node.clock.floor = csn;
  reserve(node, csn, context);
}

/** A peer that is in no later generation than this node has given this stamp: the next ones are greater. */
export function noteStamp(node: NodeState, from: NodeId, stamp: Csn): void {
  const peer = node.peers[from];
  if (peer !== undefined && stamp > peer.stampsAbove) peer.stampsAbove = stamp;
}

/**
 * Up to which CSN this node cannot have missed a commit. One that it is not asked to vote for is of a later generation,
 * of a majority without this node; so many peers' later stamps are known to be greater that one of them is in any such
 * majority.
 */
export function missedNothingBelow(node: NodeState): Csn {
  const { configured } = currentScope(node);
  if (node.config.membership === "fixed") return Number.MAX_SAFE_INTEGER;
  // Also of one in which a node more or less is configured.
  const needed = size(configured) >> 1;
  if (needed === 0) return Number.MAX_SAFE_INTEGER;
  const bounds: Csn[] = [];
  for (let id = 1; id <= node.config.nodes; id++) {
    // A referee commits nothing: whoever commits without this node is another.
    if (id === node.config.referee) continue;
    if (id !== node.config.node && contains(configured, id))
      bounds.push((node.peers[id] as Peer).stampsAbove);
  }
  bounds.sort((one, other) => other - one);
  return bounds[needed - 1] ?? 0;
}

/** Takes up a clock after a restart. */
export function restoreClock(node: NodeState, highWater: Csn): void {
  node.clock.floor = highWater;
  node.clock.snapshot = highWater;
  node.clock.highWater = highWater;
}

/** The wall clock's reading, as far as it is believed. */
export function believe(node: NodeState, reading: Csn): Csn {
  const { reference } = node.clock;
  if (reference === 0) return reading;
  const { maxDriftUs, heartbeatUs } = node.config;
  // Up to a beat has passed since the reference was taken.
  const highest = reference + heartbeatUs + maxDriftUs;
  if (reading > highest) return highest;
  const lowest = reference - maxDriftUs;
  return reading < lowest ? lowest : reading;
}

/**
 * Sets a timer for the moment at which the clock will show this CSN. A reading that is not believed stands still until
 * the next beat, which looks at everything that waits for the clock.
 */
export function awaitClock(node: NodeState, timer: TimerName, csn: Csn, context: Context): void {
  if (node.now !== node.reading) return;
  context.emit({ type: "setTimer", timer, afterUs: csn - node.now });
}

/**
 * Takes the median of all clocks heard, this node's with them, as the reference; of an even number the lower one, so
 * that one fast clock of two drags nobody. Once a beat, and whenever a peer's clock is heard.
 */
export function compareClocks(node: NodeState): void {
  const readings: Csn[] = [node.reading];
  for (const { clock, clockBeats } of node.peers) {
    // Time goes on at a peer as it does here; only whole beats are known of it.
    if (clock !== 0) readings.push(clock + clockBeats * node.config.heartbeatUs);
  }
  if (readings.length < majority(currentScope(node).configured)) return;
  readings.sort((one, other) => one - other);
  node.clock.reference = readings[(readings.length - 1) >> 1] as Csn;
}

/** Whether enough clocks were heard for a stamp to be given. */
export function isClockChecked(node: NodeState): boolean {
  return node.clock.reference !== 0;
}

/**
 * A last line: whether a peer's stamp is further ahead than two clocks that are each held to the median can be, even
 * if one of them has not heard the others for a while.
 */
export function isDrifted(node: NodeState, stamp: Csn): boolean {
  return stamp > node.now + 4 * node.config.maxDriftUs;
}

/** Once a beat: raises the mark before a stamp needs it, so that no commit waits for it. */
export function reserveAhead(node: NodeState, context: Context): void {
  if (!isClockChecked(node)) return;
  const soon = Math.max(node.now, node.clock.floor) + 2 * node.config.heartbeatUs;
  reserve(node, soon, context);
}

function reserve(node: NodeState, used: Csn, context: Context): void {
  if (used < node.clock.highWater) return;
  const highWater = used + node.config.clockReserveUs;
  node.clock.highWater = highWater;
  context.emit({ type: "persist", record: { kind: "clock", highWater }, forced: true });
}
