/**
 * What a host tells a node.
 *
 * Every input carries `now`, the reading of the node's own clock in microseconds: a reducer has no other notion of
 * time, and the reading may step, drift or stand still.
 */
import type { Request } from "./client.ts";
import type { Csn } from "./csn.ts";
import type {
  CommittedOutcome,
  CopyLabel,
  DatabaseReply,
  FinishedMark,
  PrepareLabel,
  StreamChange,
} from "./database.ts";
import type { TimerName } from "./effects.ts";
import type { NodeId } from "./members.ts";
import type { Order } from "./membership/configuration.ts";
import type { Message } from "./messages.ts";
import type { DurableRecord } from "./records.ts";

export type Input =
  /** The first input of a node's life, and the first after each crash: all that was durable. */
  | {
      readonly type: "started";
      readonly now: Csn;
      readonly records: readonly DurableRecord[];
      readonly prepared: readonly PrepareLabel[];
      readonly outcomes: readonly CommittedOutcome[];
      readonly finished: readonly FinishedMark[];
      /** The database is a copy of another node's, as a base backup says in its label. */
      readonly copied?: CopyLabel | null;
      /** The log is gone, and with it what this node has promised. */
      readonly lost?: boolean;
    }
  /** What the operator asks for. */
  | { readonly type: "order"; readonly now: Csn; readonly order: Order }
  | { readonly type: "message"; readonly now: Csn; readonly from: NodeId; readonly message: Message }
  | { readonly type: "timer"; readonly now: Csn; readonly timer: TimerName }
  | { readonly type: "request"; readonly now: Csn; readonly session: number; readonly request: Request }
  | { readonly type: "database"; readonly now: Csn; readonly reply: DatabaseReply }
  | { readonly type: "change"; readonly now: Csn; readonly from: NodeId; readonly change: StreamChange }
  /** The replication connection broke; what was on its way is lost and will come again after `openStream`. */
  | { readonly type: "streamBroken"; readonly now: Csn; readonly from: NodeId };
