/**
 * Work that PostgreSQL has not answered: statements and applies, which may wait for locks. While there is any, a
 * timer runs at which the node looks for deadlocks.
 */
import type { Context } from "./context.ts";
import type { NodeState } from "./state.ts";

export function beginWork(node: NodeState, context: Context): void {
  node.busy += 1;
  watch(node, context);
}

export function endWork(node: NodeState): void {
  node.busy -= 1;
}

/** The timer fired. True if there is something to look at. */
export function isStillBusy(node: NodeState, context: Context): boolean {
  node.deadlockTimerSet = false;
  if (node.busy === 0) return false;
  watch(node, context);
  return true;
}

function watch(node: NodeState, context: Context): void {
  if (node.deadlockTimerSet) return;
  node.deadlockTimerSet = true;
  context.emit({ type: "setTimer", timer: "deadlock", afterUs: node.config.deadlockUs });
}
