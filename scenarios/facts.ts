/**
 * Facts: what a world knows to have happened, whatever the nodes believe. Checks that watch a run after every event
 * watch these.
 */
import type { Answer } from "../protocol/client.ts";
import type { Csn } from "../protocol/csn.ts";
import type { PrepareLabel, StreamChange } from "../protocol/database.ts";
import type { Note } from "../protocol/effects.ts";
import type { Gid } from "../protocol/gid.ts";
import type { NodeId, NodeSet } from "../protocol/members.ts";
import type { Message } from "../protocol/messages.ts";
import type { DurableRecord } from "../protocol/records.ts";
import type { Fault } from "./faults.ts";
import type { Micros } from "./history.ts";

export type Fact =
  /** Its PREPARE is durable in the node's PostgreSQL. */
  | { readonly type: "prepared"; readonly node: NodeId; readonly label: PrepareLabel }
  /** Visible, and durable, in the node's PostgreSQL. */
  | { readonly type: "committed"; readonly node: NodeId; readonly gid: Gid; readonly csn: Csn }
  /** Durably rolled back after it was prepared. */
  | { readonly type: "rolledBack"; readonly node: NodeId; readonly gid: Gid }
  /** Durable in the node's log. */
  | { readonly type: "recorded"; readonly node: NodeId; readonly record: DurableRecord }
  /** Left the node, whether or not it will arrive. */
  | { readonly type: "sent"; readonly node: NodeId; readonly to: NodeId; readonly message: Message }
  /** Reached a node that is up, and is taken now. */
  | {
      readonly type: "received";
      readonly node: NodeId;
      readonly from: NodeId;
      readonly what: Message | StreamChange;
    }
  /** A change left a server's replication slot for a reader. */
  | {
      readonly type: "streamed";
      readonly node: NodeId;
      readonly to: NodeId;
      readonly change: StreamChange;
    }
  | { readonly type: "noted"; readonly node: NodeId; readonly note: Note }
  /** Told to a client. */
  | {
      readonly type: "answered";
      readonly node: NodeId;
      readonly session: number;
      readonly answer: Answer;
    }
  /** Something breaks, to be mended after `forUs`, or not if null; `drawn`: by the nemesis. */
  | { readonly type: "fault"; readonly fault: Fault; readonly forUs: Micros | null; readonly drawn: boolean }
  /** From now on these nodes are well and nothing befalls them, while the frozen ones stand still. */
  | { readonly type: "left alone"; readonly nodes: NodeSet; readonly frozen: NodeSet }
  /** The end of that, and what the nodes that were left alone had come to. */
  | {
      readonly type: "freed";
      readonly unhealed: string | null;
      readonly stalls: readonly { readonly allowed: boolean; readonly sentence: string }[];
    }
  | { readonly type: "crashed"; readonly node: NodeId }
  | { readonly type: "started"; readonly node: NodeId }
  /** Its database is now a copy of the other node's. */
  | { readonly type: "copied"; readonly node: NodeId; readonly from: NodeId };

export type FactType = Fact["type"];
export type FactOf<Type extends FactType> = Extract<Fact, { type: Type }>;
