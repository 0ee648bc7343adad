/** What a node is told before it starts, and what never changes while it lives. */
import type { NodeId, NodeSet } from "./members.ts";

export const COMMIT_PROTOCOLS = ["2pc", "3pc", "e3pc", "paxos-commit"] as const;
export type CommitProtocolName = (typeof COMMIT_PROTOCOLS)[number];

export const SNAPSHOT_MANAGERS = ["clock-si", "clock-si-committer", "local"] as const;
export type SnapshotManagerName = (typeof SNAPSHOT_MANAGERS)[number];

/** "fixed": generation 1 for ever, so that a commit protocol can be studied alone; "elected": the cluster heals itself. */
export const MEMBERSHIPS = ["elected", "fixed"] as const;
export type MembershipMode = (typeof MEMBERSHIPS)[number];

export interface NodeConfig {
  readonly node: NodeId;
  /** There may be nodes 1 to `nodes`; */
  readonly nodes: number;
  /** these were the cluster when it was made. Others are added, and any removed, by membership/configuration.ts. */
  readonly initial: NodeSet;
  /** Which of them is a referee, without data; 0: none. See membership/referee.ts. */
  readonly referee: NodeId;
  readonly commit: CommitProtocolName;
  readonly snapshot: SnapshotManagerName;
  readonly membership: MembershipMode;
  /** Microseconds from one beat to the next. Every timeout below is a count of beats, because a wall clock may step. */
  readonly heartbeatUs: number;
  /** A peer that was silent for so many beats is suspected. */
  readonly suspectBeats: number;
  /** A coordinator that lacks a vote or an ack for so many beats stops waiting for it. */
  readonly voteBeats: number;
  /** What was not answered is said again after so many beats. */
  readonly resendBeats: number;
  /** A transaction in doubt for so many beats is resolved, though its coordinator can be heard. */
  readonly resolveBeats: number;
  /** A node that has prepared anything writes a syncpoint into its WAL every so many beats. */
  readonly syncpointBeats: number;
  /** How much of its WAL, in bytes, a node keeps for one that is away; 0: whatever it takes. */
  readonly maxKeptBytes: number;
  /** How often, in microseconds, a node with unfinished applies or statements looks for deadlocks. */
  readonly deadlockUs: number;
  /** A clock is believed within so many microseconds of the median of all nodes' clocks (theory 5.6 V7). */
  readonly maxDriftUs: number;
  /** What a node does about a CSN ahead of its clock: wait until the clock is there, or set its clock forward (mmts 2.1). */
  readonly skew: "wait" | "absorb";
  /** Stamps are made durable so far ahead, in microseconds (theory 1.3 C1). */
  readonly clockReserveUs: number;
  /** Clock-SI's DELTA: snapshots are taken so many microseconds in the past, so that readers wait less. */
  readonly snapshotAgeUs: number;
  /** Whether a client hears of its commit only when every member has carried it out (strong SI). */
  readonly waitPeerCommits: boolean;
  /** Whether each value of a sequence is told to the others, so that later ones are greater everywhere. */
  readonly monotonicSequences: boolean;
}
