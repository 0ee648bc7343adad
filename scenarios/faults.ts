/** What can break, and when: the vocabulary of fault schedules. The world's nemesis carries it out. */

import type { Answer } from "../protocol/client.ts";
import type { CommitProtocolName } from "../protocol/config.ts";
import type { DatabaseCommand } from "../protocol/database.ts";
import type { Effect } from "../protocol/effects.ts";
import { coordinatorOf } from "../protocol/gid.ts";
import type { NodeId } from "../protocol/members.ts";
import type { Message } from "../protocol/messages.ts";
import type { DurableRecord } from "../protocol/records.ts";
import type { Micros } from "./history.ts";

export type Fault =
  /** The machine stops: node process and server at once, and what no disk had synced is lost. */
  | { readonly kind: "crash"; readonly node: NodeId }
  | { readonly kind: "restart"; readonly node: NodeId }
  /** The machine stands still, and its clock does not (SIGSTOP, a long garbage collection, a frozen VM). */
  | { readonly kind: "pause"; readonly node: NodeId }
  | { readonly kind: "resume"; readonly node: NodeId }
  /** Every client of the node loses its connection, whatever it waits for, and comes back with a new one. */
  | { readonly kind: "disconnect"; readonly node: NodeId }
  /**
   * Nothing gets from any node of `from` to any of `to`; `both`: nor back. `rejects`: connections are refused at once (a
   * firewall's REJECT), where otherwise there is silence until they break (DROP).
   */
  | {
      readonly kind: "cut";
      readonly from: readonly NodeId[];
      readonly to: readonly NodeId[];
      readonly both: boolean;
      readonly rejects?: boolean | undefined;
    }
  /** Nodes of different groups do not hear each other; a node in no group hears nobody. */
  | {
      readonly kind: "partition";
      readonly groups: readonly (readonly NodeId[])[];
      readonly rejects?: boolean | undefined;
    }
  /** Ends every cut, partition, loss, duplication and delay. */
  | { readonly kind: "heal" }
  /** Share of messages lost (an ordered connection sends them again, which takes time). */
  | { readonly kind: "loss"; readonly rate: number }
  /** Share of datagrams that arrive twice. */
  | { readonly kind: "duplication"; readonly rate: number }
  /** Every message takes up to so much longer; datagrams overtake each other by it. */
  | { readonly kind: "delay"; readonly upToUs: Micros }
  | { readonly kind: "clock step"; readonly node: NodeId; readonly byUs: number }
  /** The clock runs so many millionths too fast; negative: too slow. */
  | { readonly kind: "clock rate"; readonly node: NodeId; readonly ppm: number }
  | { readonly kind: "slow fsync"; readonly node: NodeId; readonly factor: number }
  /** The operator starts this spare, and asks it to become a node of the cluster. */
  | { readonly kind: "join"; readonly node: NodeId }
  /** The operator asks a node that is online (or `by`), again until one takes it, to have this node removed. */
  | { readonly kind: "remove"; readonly node: NodeId; readonly by?: NodeId | undefined }
  /** The machine stops, and neither its log nor its database is there when it starts again. */
  | { readonly kind: "lose disk"; readonly node: NodeId };

/** A fault that keeps nodes from hearing each other. */
export type Separation = Extract<Fault, { kind: "cut" | "partition" }>;

/** When a fault happens: at a time, or at an effect of a node. */
export type Moment = { readonly at: Micros } | { readonly on: Trigger };

/** The nth time, counted from `from`, that the node comes to such an effect. */
export interface Trigger {
  readonly node: NodeId;
  /** A site of SITES, or "<effect> <kind>", as in "send vote", "database prepare", "persist e3pc", "answer committed". */
  readonly site: string;
  /** "before": the effect is not carried out if the node crashes; "after": it is. */
  readonly when: "before" | "after";
  readonly nth: number;
  /** Only a message to this node. */
  readonly to?: NodeId | undefined;
  readonly from: Micros;
}

export interface ScheduledFault {
  readonly when: Moment;
  readonly fault: Fault;
  /** Undone after so long; for ever if left out. */
  readonly forUs?: Micros | undefined;
}

/** Effect boundaries that mean the same under every commit protocol. */
export const SITES = {
  /** The coordinator has all votes, and the first thing that follows from them is about to happen. */
  decide: "the coordinator's first effect with all votes in",
  /** The coordinator tells a member what follows from the votes: a precommit, or where there is none the commit. */
  "second phase": "the coordinator's first message to a member after the votes",
} as const;

const EFFECT_KINDS = {
  send: [
    "heartbeat",
    "vote",
    "refusal",
    "precommit",
    "preabort",
    "ack",
    "commit",
    "abort",
    "finished",
    "inquiry",
    "status",
    "promise",
    "accept",
    "wound",
    "candidacy",
    "election vote",
  ] satisfies Message["type"][],
  persist: [
    "clock",
    "sequence",
    "finished",
    "decision",
    "refused",
    "precommit",
    "e3pc",
    "paxos-commit",
    "membership",
    "slot",
  ] satisfies DurableRecord["kind"][],
  database: [
    "begin",
    "execute",
    "commit",
    "rollback",
    "prepare",
    "apply",
    "commitPrepared",
    "rollbackPrepared",
    "waits",
    "forgetOutcomes",
    "alignSequences",
    "createSlot",
    "dropSlot",
    "logMessage",
  ] satisfies DatabaseCommand["type"][],
  answer: ["begun", "executed", "failed", "committed", "aborted", "rolledBack"] satisfies Answer["type"][],
} as const;

/** Every name that a trigger's site may have. */
export const SITE_NAMES: readonly string[] = [
  ...Object.keys(SITES),
  ...Object.entries(EFFECT_KINDS).flatMap(([effect, kinds]) => kinds.map((kind) => `${effect} ${kind}`)),
];

/** Whether an effect of a node is the trigger's site. The world counts the nth. */
export function isSite(site: string, node: NodeId, commit: CommitProtocolName, effect: Effect): boolean {
  switch (site) {
    case "decide":
      return isSecondPhase(node, commit, effect) || isDecisionWrite(node, effect);
    case "second phase":
      return isSecondPhase(node, commit, effect);
    default:
      return site === siteName(effect);
  }
}

/** A precommit, and under protocols that have none the commit. */
function isSecondPhase(node: NodeId, commit: CommitProtocolName, effect: Effect): boolean {
  if (effect.type !== "send") return false;
  const { message } = effect;
  const wanted = commit === "3pc" || commit === "e3pc" ? "precommit" : "commit";
  return message.type === wanted && coordinatorOf(message.gid) === node;
}

function isDecisionWrite(node: NodeId, effect: Effect): boolean {
  if (effect.type === "persist") {
    const { record } = effect;
    const decision = record.kind === "decision" || record.kind === "paxos-commit";
    return decision && coordinatorOf(record.gid) === node;
  }
  if (effect.type !== "database" || effect.command.type !== "commitPrepared") return false;
  return coordinatorOf(effect.command.gid) === node;
}

/** "<effect> <kind>". */
export function siteName(effect: Effect): string {
  switch (effect.type) {
    case "send":
      return `send ${effect.message.type}`;
    case "persist":
      return `persist ${effect.record.kind}`;
    case "database":
      return `database ${effect.command.type}`;
    case "answer":
      return `answer ${effect.answer.type}`;
    default:
      return effect.type;
  }
}

/** The fault that takes this one back, or null if none does: a separation ends by its number, for it may not be the only one. */
export function undoing(fault: Fault, usual: { loss: number; duplication: number }): Fault | null {
  switch (fault.kind) {
    case "crash":
    case "lose disk":
      return { kind: "restart", node: fault.node };
    case "pause":
      return { kind: "resume", node: fault.node };
    case "loss":
      return { ...fault, rate: usual.loss };
    case "duplication":
      return { ...fault, rate: usual.duplication };
    case "delay":
      return { ...fault, upToUs: 0 };
    case "clock step":
      return { ...fault, byUs: -fault.byUs };
    case "clock rate":
      return { ...fault, ppm: 0 };
    case "slow fsync":
      return { ...fault, factor: 1 };
    case "cut":
    case "partition":
    case "restart":
    case "resume":
    case "heal":
    case "join":
    case "remove":
    case "disconnect":
      return null;
  }
}
