/**
 * Global transaction ids.
 *
 * A gid is one integer: the coordinator's own sequence number, then the coordinator. Sequence numbers of a
 * coordinator never repeat, also not across restarts (the original's pid-and-counter form did, mmts 1.1), and
 * they ascend in the order of its commits, so "everything of node c below s is finished" is one number.
 */
import { MAX_NODES, type NodeId } from "./members.ts";

/** Global transaction id: sequence * GID_NODES + coordinator. 0 stands for the initial load of the tables. */
export type Gid = number;

const GID_NODES = 2 * MAX_NODES;

export function makeGid(coordinator: NodeId, sequence: number): Gid {
  return sequence * GID_NODES + coordinator;
}

export function coordinatorOf(gid: Gid): NodeId {
  return gid % GID_NODES;
}

export function sequenceOf(gid: Gid): number {
  return Math.floor(gid / GID_NODES);
}

/** How people read a gid: coordinator and sequence, "1:42". */
export function showGid(gid: Gid): string {
  return gid === 0 ? "initial" : `${coordinatorOf(gid)}:${sequenceOf(gid)}`;
}
