/**
 * Copies in doubt that no outcome will come for.
 *
 * A node that is online with a copy in doubt reads another one's WAL for the outcome. There may be none: the transaction
 * was prepared nowhere else, and its coordinator is gone; or the other one had a copy as well, and rolled it back, which
 * alone does not tell whether that was decided. But a node that is online in a generation holds everything of the older
 * ones that may ever commit (P2). So once all is read of what it had in its WAL when it said that it has a transaction
 * in doubt no more, or never had, and no commit was among it, then this transaction does not commit anywhere.
 */
import type { Context } from "../context.ts";
import type { Gid } from "../gid.ts";
import { getKeyed, valuesOf } from "../keyed.ts";
import { type NodeSet, setOf } from "../members.ts";
import { isOnline } from "../membership/online.ts";
import type { Heartbeat } from "../messages.ts";
import type { NodeState, Transaction } from "../state.ts";
import { decideAbort, peerOf, reasonOf } from "../transactions.ts";

/** After so many times `resendBeats` a question is asked again: it is lost if the donor's server could not be reached. */
const PATIENCE = 3;

/** What is not finished here of generations before the one in which this node is online; null if it is not. */
export function doubtsOf(node: NodeState): readonly Gid[] | null {
  if (!isOnline(node)) return null;
  const { number } = node.membership.current;
  return valuesOf(node.transactions)
    .filter((tx) => tx.generation < number && isUnfinished(tx))
    .map(({ gid }) => gid);
}

export function noteDoubts(node: NodeState, from: number, { generation, doubts }: Heartbeat): void {
  peerOf(node, from).doubts = doubts === null ? null : { before: generation.number, gids: doubts };
}

/** The peers that are online and have something no more, or never had, that is in doubt here. */
export function knowingMore(node: NodeState): NodeSet {
  let set = 0;
  node.peers.forEach((_, id) => {
    if (id !== 0 && settledAt(node, id).length > 0) set |= setOf(id);
  });
  return set;
}

/** Once a beat: whether to ask the donor's server how far it is, to know when all has come that the donor had. */
export function wantsTheRest(node: NodeState): boolean {
  const { recovery, beats, config } = node;
  const { question } = recovery;
  if (question !== null && beats - question.asked < PATIENCE * config.resendBeats) return false;
  const settled = settledAt(node, recovery.donor);
  recovery.question = settled.length === 0 ? null : { asked: beats, settled };
  return recovery.question !== null;
}

/** All has come that the donor had when it was asked, though perhaps not all of it is dealt with. */
export function takeTheRest(node: NodeState, asked: number, context: Context): void {
  const { question, queue, next, donor } = node.recovery;
  if (question === null || question.asked !== asked) return;
  node.recovery.question = null;
  const came = new Set<Gid>();
  for (const change of queue.slice(next)) if (change.kind === "committed") came.add(change.gid);
  for (const gid of question.settled) {
    const tx = getKeyed(node.transactions, gid);
    if (tx === undefined || !isCopyInDoubt(tx) || came.has(gid)) continue;
    const reason = reasonOf(node, "already aborted", `node ${donor} is online without it`);
    decideAbort(node, tx, reason, context);
  }
}

/** Copies in doubt here that the peer, being online, has not in doubt. */
function settledAt(node: NodeState, peer: number): Gid[] {
  const { doubts } = peerOf(node, peer);
  if (doubts === null) return [];
  return valuesOf(node.transactions)
    .filter((tx) => tx.generation < doubts.before && isCopyInDoubt(tx) && !doubts.gids.includes(tx.gid))
    .map(({ gid }) => gid);
}

function isCopyInDoubt({ recovered, outcome }: Pick<Transaction, "recovered" | "outcome">): boolean {
  return recovered && outcome === "undecided";
}

function isUnfinished({ local, recovered, outcome }: Pick<Transaction, "local" | "recovered" | "outcome">) {
  if (local === "committed" || local === "aborted") return false;
  return local !== "absent" || isCopyInDoubt({ recovered, outcome });
}
