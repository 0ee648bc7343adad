/** How a member says that it has not prepared, and what that binds it to. */
import type { Context } from "../context.ts";
import { coordinatorOf, type Gid } from "../gid.ts";
import { type NodeId, setOf } from "../members.ts";
import type { AbortReason, Inquiry } from "../messages.ts";
import type { NodeState, Transaction } from "../state.ts";
import { decideAbort, reasonOf, remember, send } from "../transactions.ts";
import type { ProtocolMessage } from "./commit-protocol.ts";

/** To the coordinator, which then aborts; it binds this node only until it restarts. */
export function sendRefusal(gid: Gid, reason: AbortReason, context: Context): void {
  send(context, coordinatorOf(gid), { type: "refusal", gid, reason });
}

/**
 * Cooperative termination (2PC, 3PC): a peer in doubt asks, and this node has not voted. It aborts, and since the
 * peer will rely on that, it makes sure first, durably, that it never votes yes.
 */
export function refuseForEver(node: NodeState, tx: Transaction, from: NodeId, context: Context): void {
  const reason = persistRefusal(node, tx, context);
  decideAbort(node, tx, reason, context);
  send(context, from, { type: "abort", gid: tx.gid, reason });
}

/** The same for a transaction that this node has not heard of. Other messages about one are late news of a finished one. */
export function refuseUnknown(
  node: NodeState,
  from: NodeId,
  received: ProtocolMessage,
  context: Context,
): void {
  if (received.type !== "inquiry") return;
  const reason = persistRefusal(node, received, context);
  remember(node, received.gid, 0);
  send(context, from, { type: "abort", gid: received.gid, reason });
}

function persistRefusal(
  node: NodeState,
  about: Pick<Inquiry, "gid" | "generation" | "members" | "configured">,
  context: Context,
): AbortReason {
  const { gid, generation, members, configured } = about;
  context.emit({
    type: "persist",
    record: { kind: "refused", gid, generation, members, configured },
    forced: true,
  });
  const detail = "this node had not voted and promised never to";
  return reasonOf(node, "resolver", detail, setOf(coordinatorOf(gid)));
}
