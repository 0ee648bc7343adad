/** Whether a node takes part in the work of its generation. */
import type { NodeState } from "../state.ts";

export function isOnline({ membership }: NodeState): boolean {
  return membership.standing === "online";
}

/** Whether nothing that a client does here can be committed. */
export function hasLeft({ membership }: NodeState): boolean {
  return membership.standing === "outside" || membership.standing === "recovering";
}
