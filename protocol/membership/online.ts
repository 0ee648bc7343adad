/** Whether a node takes part in the work of its generation. */
import { type NodeSet, setOf } from "../members.ts";
import type { NodeState } from "../state.ts";

export function isOnline({ membership }: NodeState): boolean {
  return membership.standing === "online";
}

/** The peers that said that they are online in the generation that this node is in. */
export function onlinePeers({ peers, membership }: NodeState): NodeSet {
  let set = 0;
  peers.forEach(({ lastOnlineIn }, id) => {
    if (id !== 0 && lastOnlineIn === membership.current.number) set |= setOf(id);
  });
  return set;
}

/** Whether nothing that a client does here can be committed. */
export function hasLeft({ membership }: NodeState): boolean {
  return membership.standing === "outside" || membership.standing === "recovering";
}
