/**
 * The node's clock: where stamps and snapshots come from.
 *
 * Sources: Clock-SI section III (theory 1.2, 1.3), and theory 5.6 for what a bad clock can do. The rules:
 * - a stamp is greater than every stamp and every snapshot given before, and than every CSN committed here
 *   (V3: whoever overwrites a row gets a larger CSN than the row's writer, whatever the clocks say);
 * - a snapshot is never older than one given before;
 * - both also across restarts (C1, V2): what was given lies below a durable high-water mark, at which a restarted
 *   node goes on. The mark is persisted before the stamp that needs it can leave the node.
 */

import type { Context } from "../context.ts";
import type { Csn } from "../csn.ts";
import type { NodeState } from "../state.ts";

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

/** A CSN that becomes part of this node's past: later stamps are greater. */
export function keepAbove(node: NodeState, csn: Csn, context: Context): void {
  if (csn <= node.clock.floor) return;
  node.clock.floor = csn;
  reserve(node, csn, context);
}

/** Takes up a clock after a restart. */
export function restoreClock(node: NodeState, highWater: Csn): void {
  node.clock.floor = highWater;
  node.clock.snapshot = highWater;
  node.clock.highWater = highWater;
}

/** Theory 5.6 V7: whether a stamp is so far ahead that waiting for it, or following it, would harm the cluster. */
export function isDrifted(node: NodeState, stamp: Csn): boolean {
  return stamp > node.now + node.config.maxDriftUs;
}

function reserve(node: NodeState, used: Csn, context: Context): void {
  if (used < node.clock.highWater) return;
  const highWater = used + node.config.clockReserveUs;
  node.clock.highWater = highWater;
  context.emit({ type: "persist", record: { kind: "clock", highWater }, forced: true });
}
