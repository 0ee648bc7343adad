/**
 * Sequences without collisions, whatever set of nodes draws from them.
 *
 * PostgreSQL neither replicates a sequence nor rolls one back, so each node draws its numbers alone. They cannot
 * collide because every node keeps to a residue class of its own: it counts in steps of STRIDE, the greatest number
 * that any node may ever have, and its values are congruent to its own number. Neither depends on who is a member,
 * so nothing has to be agreed or moved when nodes come and go. (The original stepped by the number of nodes in 2017,
 * by the largest id of a member since: mmts 6.3.)
 *
 * Whatever else moves a sequence must leave it in its class, and never move it back over values that were given:
 * `setval` is sent on as a move forward to the class's next value (to begin anew, drop the sequence), and a sequence found elsewhere (created a moment ago, or restored from a dump) is restarted there. Both sides of the
 * comparison are reduced by STRIDE: the original reduced one, and node STRIDE moved on at every look (mmts 9.5 F9).
 *
 * Values say nothing of time: a node that draws seldom lags behind. With `monotonicSequences` each drawn value
 * travels with its transaction's write set, and whoever applies it raises its own sequence first; so whatever is drawn
 * anywhere after a transaction was acknowledged is greater than what it drew.
 */
import type { DatabaseCommand, Statement } from "./database.ts";
import { MAX_NODES, type NodeId } from "./members.ts";

/** Distance between two values of one node. */
export const STRIDE = MAX_NODES;

/** A sequence whose next value is `value` belongs to the node's class. */
export function isAligned(value: number, node: NodeId): boolean {
  return residueOf(value) === residueOf(node);
}

/** The smallest value of the node's class that is greater. */
export function nextAligned(value: number, node: NodeId): number {
  const ahead = residueOf(residueOf(node) - residueOf(value));
  return value + (ahead === 0 ? STRIDE : ahead);
}

/** What a node tells its PostgreSQL before any client draws: all sequences, those to come included, keep to its class. */
export function alignSequences(node: NodeId): DatabaseCommand {
  return { type: "alignSequences", node };
}

/** The statement as it goes to PostgreSQL, so that it leaves the sequence in the node's class. */
export function alignStatement(statement: Statement, node: NodeId, monotonic: boolean): Statement {
  switch (statement.type) {
    case "nextval":
      return monotonic ? { ...statement, announced: true } : statement;
    case "setval": {
      const last = statement.called ? statement.value : statement.value - 1;
      return { ...statement, value: nextAligned(last, node), called: false, raises: true };
    }
    default:
      return statement;
  }
}

/** Like the remainder, but never negative. */
function residueOf(value: number): number {
  return ((value % STRIDE) + STRIDE) % STRIDE;
}
