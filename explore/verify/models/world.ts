/** What all parts of a model of our reducers share. */
import type { CommitProtocolName } from "../../../protocol/config.ts";
import { makeGid } from "../../../protocol/gid.ts";
import type { NodeId } from "../../../protocol/members.ts";
import { type Cluster, hostOf } from "../cluster.ts";
import type { Model, State } from "../model.ts";

export interface World {
  readonly cluster: Cluster;
  readonly protocol: CommitProtocolName;
  readonly nodes: number;
  readonly vocabulary: Model["vocabulary"];
  /** By host. */
  readonly shown: (Shown | undefined)[];
  /** By network: the kinds of messages. */
  readonly onTheWay: (number | undefined)[];
}

/** What a host alone shows of the vocabulary. */
export interface Shown {
  readonly states: number;
  /** Outcomes that one node's word is enough for. */
  readonly anywhere: number;
  /** 1: committed here. 2: prepared nowhere here. */
  readonly everywhere: number;
  readonly aborted: boolean;
  readonly resolving: boolean;
  /** Nothing was committed, answered or broken here. */
  readonly quiet: boolean;
}

export const COORDINATOR: NodeId = 1;
export const GID = makeGid(COORDINATOR, 1);

export function isUp(world: World, state: State, node: NodeId): boolean {
  return hostOf(world.cluster, state[node - 1] as number).state !== null;
}
