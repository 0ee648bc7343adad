/**
 * What a node asks of its host.
 *
 * The host's contract, in every world: effects are carried out in the order in which they were emitted, across
 * steps; what stands behind a forced `persist` leaves the node only once that is durable (one flush may serve many).
 * A reducer therefore never waits for its own log, and "a reply is never sent before the state that it describes
 * is durable" holds by construction (invariant I7). Only an effect that reveals nothing undurable is marked
 * `unordered`, and may overtake; and a stream is closed at once.
 */
import type { Answer } from "./client.ts";
import type { DatabaseCommand, StreamMode } from "./database.ts";
import type { Gid } from "./gid.ts";
import type { NodeId, NodeSet } from "./members.ts";
import type { Message } from "./messages.ts";
import type { DurableRecord } from "./records.ts";

export type Effect =
  | { readonly type: "send"; readonly to: NodeId; readonly message: Message; readonly unordered?: true }
  /** Fires once, `afterUs` from now by the node's own oscillator; setting it again moves it. */
  | { readonly type: "setTimer"; readonly timer: TimerName; readonly afterUs: number }
  | { readonly type: "cancelTimer"; readonly timer: TimerName }
  /** Replaces the record of the same name. Unforced: becomes durable with the next flush, and holds nothing back. */
  | { readonly type: "persist"; readonly record: DurableRecord; readonly forced: boolean }
  /** Drops the records of transactions of this coordinator below this gid, when convenient. */
  | { readonly type: "forgetRecords"; readonly coordinator: NodeId; readonly below: Gid }
  | { readonly type: "database"; readonly command: DatabaseCommand }
  /** Reads the peer's WAL behind what was confirmed to it. One stream a peer: close it before it is opened again. */
  | { readonly type: "openStream"; readonly from: NodeId; readonly mode: StreamMode }
  /** Nothing of it arrives any more. At once, whatever log writes are before it: else changes of two streams would mix. */
  | { readonly type: "closeStream"; readonly from: NodeId }
  /** Asks the peer's server for its position; the answer comes in the stream, behind all that it has sent, with `asked`. */
  | { readonly type: "probeStream"; readonly from: NodeId; readonly asked: number }
  /**
   * Everything up to this position of the peer's WAL has been dealt with here, durably. Where no stream is open,
   * pg_replication_slot_advance on the peer's server.
   */
  | { readonly type: "confirmStream"; readonly from: NodeId; readonly lsn: number }
  /**
   * Replaces the database by a copy of the peer's (pg_basebackup), with a slot there that begins where the copy ends.
   * The node is stopped for that, and started on the copy; if it cannot be made, or may not be used any more
   * (mayStartOnCopy), nothing happens.
   */
  | { readonly type: "copyDatabase"; readonly from: NodeId }
  | { readonly type: "answer"; readonly session: number; readonly answer: Answer }
  /** For people, and for the trace. */
  | { readonly type: "note"; readonly note: Note };

export type Emit = (effect: Effect) => void;

export type TimerName = "heartbeat" | "deadlock" | "commit queue" | "snapshot";

export type Note =
  | { readonly about: "suspected" | "heard again"; readonly peer: NodeId }
  | { readonly about: "resolving"; readonly gid: Gid; readonly why: string }
  | { readonly about: "blocked"; readonly gid: Gid; readonly why: string }
  | { readonly about: "aborted"; readonly gid: Gid; readonly why: string }
  /** Two decisions for one transaction: the protocol's own assumptions were broken. */
  | { readonly about: "contradiction"; readonly gid: Gid; readonly why: string }
  | { readonly about: "wounded"; readonly gid: Gid; readonly by: Gid }
  | {
      readonly about: "campaign";
      readonly generation: number;
      readonly members: NodeSet;
      readonly why: string;
    }
  | {
      readonly about: "generation";
      readonly generation: number;
      readonly members: NodeSet;
      readonly why: string;
    }
  | { readonly about: "recovery"; readonly from: NodeId; readonly why: string }
  | { readonly about: "slot"; readonly peer: NodeId; readonly why: string };
