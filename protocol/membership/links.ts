/**
 * Who sees whom, as far as this node has been told: each node says in its heartbeats whom it hears, so that a link which
 * carries one direction only is known to be down at both ends (mmts 3.2).
 */
import { contains, type NodeId, type NodeSet, setOf } from "../members.ts";
import type { NodeState } from "../state.ts";
import { peerOf } from "../transactions.ts";
import type { Links } from "./clique.ts";

/** This node, and the peers whose heartbeats it gets. */
export function heardHere(node: NodeState): NodeSet {
  let set = setOf(node.config.node);
  for (let id = 1; id <= node.config.nodes; id++) {
    if (id !== node.config.node && peerOf(node, id).heard !== 0) set |= setOf(id);
  }
  return set;
}

/** The rows of the matrix; that of a node which is not heard is empty. */
export function linksOf(node: NodeState): Links {
  return node.peers.map(({ heard }, id) => (id === node.config.node ? heardHere(node) : heard));
}

/** Whether this node and the peer hear each other. */
export function isConnected(node: NodeState, peer: NodeId): boolean {
  return peer === node.config.node || contains(peerOf(node, peer).heard, node.config.node);
}

/** Those of the set, but this node and the referee, with whom the link is down. */
export function disconnected(node: NodeState, set: NodeSet): NodeSet {
  let down = 0;
  for (let id = 1; id <= node.config.nodes; id++) {
    if (id === node.config.referee) continue;
    if (contains(set, id) && !isConnected(node, id)) down |= setOf(id);
  }
  return down;
}
