/**
 * What nodes say to each other.
 *
 * A message is a value: once emitted it is never changed. Any message may be lost, repeated, late or out of order;
 * each receiver has a rule for that beside the code that takes it. The write set itself does not travel here but
 * in the replication stream (`PreparedChange`).
 */
import type { Csn } from "./csn.ts";
import type { Gid } from "./gid.ts";
import type { NodeId, NodeSet } from "./members.ts";
import type { Generation } from "./membership/generation.ts";

/**
 * Ballot of an attempt to decide one transaction: ballot * TERM_NODES + node, so that terms of different nodes
 * differ and compare as (ballot, node). The coordinator owns INITIAL_TERM, which loses to every other.
 */
export type Term = number;

export type Message =
  | Heartbeat
  | Candidacy
  | ElectionVote
  | Vote
  | Refusal
  | Precommit
  | Preabort
  | Ack
  | Commit
  | Abort
  | Finished
  | Inquiry
  | Status
  | PaxosPromise
  | PaxosAccept
  | Wound;

/** Membership: I am here. It also spreads whatever the sender knows of generations (mmts 3.2). */
export interface Heartbeat {
  readonly type: "heartbeat";
  /** Every transaction that the sender coordinated below this gid is finished on every member of its generation. */
  readonly finishedBelow: Gid;
  /** The sender's clock, so that a clock that runs away is noticed before it stamps anything. */
  readonly clock: Csn;
  /** The generation that the sender is in, and its donors. */
  readonly generation: Generation;
  readonly donors: NodeSet;
  readonly lastOnlineIn: number;
  /** Whom the sender hears, itself included: a link that carries one direction only is down. */
  readonly heard: NodeSet;
  /** By node, entry 0 unused: every transaction of that coordinator below is finished at the sender. */
  readonly holds: readonly Gid[];
  /** What is not finished at the sender of generations older than the one in which it is online; null if it is not. */
  readonly doubts: readonly Gid[] | null;
  /** Every stamp that the sender gives from now on is above; 0 unless snapshots are taken at a CSN. */
  readonly stampsAbove: Csn;
  /** The receiver may confirm the sender's WAL up to here: it holds all that lies before. */
  readonly keepFrom: number;
  /** Whether the receiver could follow the sender's WAL: its slot there may begin behind something that it lacks. */
  readonly slot: "none" | "too late" | "reaches back";
  /** Where that slot begins in the sender's WAL: one that was dropped and made again does so later. */
  readonly slotBegin: number;
  /** The sender is to become a node of the cluster. */
  readonly joining: boolean;
}

/** A candidate asks for a vote for this generation. */
export interface Candidacy {
  readonly type: "candidacy";
  readonly generation: Generation;
  /** The nodes that are configured now: `generation` may have one more, or one less. */
  readonly base: NodeSet;
}

/** Answers a candidacy; a vote that is granted is a promise, durable before it is told (mmts 4.4). */
export interface ElectionVote {
  readonly type: "election vote";
  /** The candidacy's. */
  readonly number: number;
  readonly members: NodeSet;
  readonly granted: boolean;
  /** Frozen below `number` once the vote is granted. */
  readonly lastOnlineIn: number;
  /** Number of the last vote: a candidate that was refused asks with a higher one. */
  readonly lastVote: number;
  readonly current: Generation;
  readonly donors: NodeSet;
  /** Whom a referee has let go on alone before; 0: nobody. */
  readonly grantedTo: NodeId;
}

/** Phase 1, participant to coordinator (in Paxos Commit, to every acceptor): prepared, durable, with this stamp. */
interface Vote {
  readonly type: "vote";
  readonly gid: Gid;
  readonly generation: number;
  readonly stamp: Csn;
}

/** Phase 1: not prepared, and never will be. */
interface Refusal {
  readonly type: "refusal";
  readonly gid: Gid;
  readonly reason: AbortReason;
}

/** 3PC's precommit; E3PC's phase 2a for "commit with this CSN". */
interface Precommit {
  readonly type: "precommit";
  readonly gid: Gid;
  readonly term: Term;
  readonly csn: Csn;
}

/** E3PC's phase 2a for "abort". */
interface Preabort {
  readonly type: "preabort";
  readonly gid: Gid;
  readonly term: Term;
}

/** Answers a precommit, a preabort or a PaxosAccept: accepted in this term, durable. Paxos phase 2b. */
export interface Ack {
  readonly type: "ack";
  readonly gid: Gid;
  readonly term: Term;
}

/** The decision. */
interface Commit {
  readonly type: "commit";
  readonly gid: Gid;
  readonly csn: Csn;
}

interface Abort {
  readonly type: "abort";
  readonly gid: Gid;
  readonly reason: AbortReason;
}

/** Final ack to the coordinator: the commit is carried out here, durable. */
interface Finished {
  readonly type: "finished";
  readonly gid: Gid;
}

/** A resolver asks what became of a transaction. In E3PC and Paxos Commit it is phase 1a of its term; else term is 0. */
export interface Inquiry {
  readonly type: "inquiry";
  readonly gid: Gid;
  readonly generation: number;
  readonly members: NodeSet;
  readonly configured: NodeSet;
  readonly term: Term;
}

/**
 * Answers an inquiry under 2PC, 3PC and E3PC (there: phase 1b) while the sender does not know the outcome; one that
 * does answers with Commit or Abort.
 */
export interface Status {
  readonly type: "status";
  readonly gid: Gid;
  /** The inquiry's term; 0 where there are no terms. */
  readonly term: Term;
  readonly state: "absent" | "prepared" | "precommitted";
  /** The value last accepted or precommitted: the CSN of a commit; 0 for an abort, or none. */
  readonly csn: Csn;
  /** E3PC: the highest term in which the sender accepted a value; 0 if none. */
  readonly accepted: Term;
}

/** Paxos Commit phase 1b: one entry for each member, in ascending order. */
export interface PaxosPromise {
  readonly type: "promise";
  readonly gid: Gid;
  readonly term: Term;
  readonly votes: readonly AcceptedVote[];
}

/** Paxos Commit phase 2a in a recovery ballot, for all instances at once. */
export interface PaxosAccept {
  readonly type: "accept";
  readonly gid: Gid;
  readonly generation: number;
  readonly members: NodeSet;
  readonly configured: NodeSet;
  readonly term: Term;
  /** One for each member, ascending: its stamp, or 0 for "aborted". */
  readonly stamps: readonly Csn[];
}

/** What an acceptor of Paxos Commit holds of one member's vote: its stamp, or 0 for "aborted". */
export interface AcceptedVote {
  /** The term in which it was accepted; 0 if none was. */
  readonly term: Term;
  readonly stamp: Csn;
}

/** Deadlock: an older transaction waits for this one (theory 5.4). */
interface Wound {
  readonly type: "wound";
  readonly gid: Gid;
  /** 0 if the older one has no gid yet. */
  readonly by: Gid;
}

/** Why a transaction was aborted, in words that a person can act on. */
export interface AbortReason {
  readonly rule: AbortRule;
  /** The node that applied the rule. */
  readonly node: NodeId;
  /** The other nodes that it is about: whose vote is missing, whose write set failed. Empty if there is none. */
  readonly peers: NodeSet;
  readonly detail: string;
}

export const ABORT_RULES = [
  "prepare failed",
  "apply failed",
  "clock drift",
  "other generation",
  "not online",
  "vote timeout",
  "wounded",
  "prepare after promise",
  "coordinator has no record",
  "already aborted",
  "resolver",
] as const;
export type AbortRule = (typeof ABORT_RULES)[number];

const TERM_NODES = 32;

export function makeTerm(ballot: number, node: NodeId): Term {
  return ballot * TERM_NODES + node;
}

export function ballotOf(term: Term): number {
  return Math.floor(term / TERM_NODES);
}

/** (1, 0): the coordinator's own, agreed beforehand, so that it needs no phase 1. */
export const INITIAL_TERM: Term = makeTerm(1, 0);
