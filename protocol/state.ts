/**
 * The state of one node: plain data, so that it can be held, cloned, printed, compared and drafted.
 *
 * What a crash leaves of it is only what `started` brings back.
 */
import type { CommitState } from "./commit/commit-protocol.ts";
import type { NodeConfig } from "./config.ts";
import type { Csn } from "./csn.ts";
import type { Isolation, Statement } from "./database.ts";
import type { Gid } from "./gid.ts";
import { createKeyed, type Keyed } from "./keyed.ts";
import { firstNodes, type NodeId, type NodeSet } from "./members.ts";
import type { AbortReason } from "./messages.ts";

export interface NodeState {
  readonly config: NodeConfig;
  /** The clock reading of the input that is being taken, */
  reading: Csn;
  /** and as far as it is believed. */
  now: Csn;
  /** False from creation until `started`. */
  running: boolean;
  /** The numbered set of members that must all prepare a transaction. Fixed for now. */
  generation: number;
  members: NodeSet;
  /** Heartbeats sent since the start: the unit of every timeout. */
  beats: number;
  clock: Clock;
  nextSequence: number;
  /** Sequence numbers below are durably ours to give. */
  reservedSequence: number;
  readonly sessions: Keyed<Session>;
  /** Every transaction that is not finished here, and at its coordinator until it is finished everywhere. */
  readonly transactions: Keyed<Transaction>;
  /**
   * Outcomes of other coordinators' transactions that are finished here but perhaps not everywhere: the CSN, or 0
   * if aborted. Kept to answer peers, forgotten when the coordinator's heartbeat says that all have finished.
   */
  readonly finished: Keyed<Csn>;
  /** Own transactions that are not finished on every member, ascending. */
  readonly unfinished: Gid[];
  /** Transactions that have this node's stamp and no known decision, in ascending order of stamp. */
  readonly undecided: Gid[];
  readonly queue: CommitQueue;
  /** Indexed by node; entry 0 and this node's own are unused. */
  readonly peers: Peer[];
  /** Statements and applies that PostgreSQL has not answered: only these can be in a deadlock. */
  busy: number;
  deadlockTimerSet: boolean;
}

/** See snapshot/clock.ts. */
interface Clock {
  /** Every stamp and snapshot given, and every CSN committed here, is at or below. */
  floor: Csn;
  /** The last snapshot given. */
  snapshot: Csn;
  /** The last age given. */
  age: Csn;
  /** The median of the nodes' clocks when it was last taken; 0 before a majority was heard. */
  reference: Csn;
  /** The floor stays below; durable. */
  highWater: Csn;
}

/** Commits that are decided and wait for their turn, in order of (CSN, gid); used by clock-si-committer. */
interface CommitQueue {
  readonly waiting: Gid[];
  /** The one whose COMMIT PREPARED is under way, or 0. */
  inFlight: Gid;
  timerSet: boolean;
}

export interface Session {
  readonly id: number;
  phase:
    | "idle"
    | "beginning"
    | "open"
    /** A statement waits until the clock has reached its snapshot. */
    | "awaiting snapshot"
    | "executing"
    | "committing"
    | "rolling back"
    /** Rolled back behind the client's back; its next request is told so. */
    | "doomed";
  isolation: Isolation;
  /** Time of begin, unique at this node. */
  age: Csn;
  wrote: boolean;
  /** CSN that the transaction reads at; 0 on stock servers and before the first statement. */
  snapshot: Csn;
  /** The session's last commit: its next snapshot is not older (strong session SI). */
  lastCsn: Csn;
  /** The statement held back while awaiting its snapshot. */
  held: Statement | null;
  /** Why it is doomed. */
  reason: AbortReason | null;
}

/** What this node's PostgreSQL holds of a transaction. */
export type LocalPhase =
  /** Nothing: the node knows of it only as an acceptor, or promised never to prepare it. */
  | "absent"
  | "applying"
  | "preparing"
  | "prepared"
  /** Decided to commit; COMMIT PREPARED waits for its turn. */
  | "held"
  | "committing"
  | "committed"
  | "rolling back"
  | "aborted";

export interface Transaction {
  readonly gid: Gid;
  readonly coordinator: NodeId;
  readonly generation: number;
  readonly members: NodeSet;
  age: Csn;
  coordinatorStamp: Csn;
  /** This node's own prepare stamp; 0 before it has one. */
  stamp: Csn;
  local: LocalPhase;
  /** Participant: it has told, or would tell, the coordinator that it will not prepare. */
  refused: boolean;
  outcome: "undecided" | "commit" | "abort";
  /** The CSN once the outcome is commit; before, at the coordinator, the maximum of the stamps heard. */
  csn: Csn;
  reason: AbortReason | null;
  /** Whether the outcome may be told: it is durable here or elsewhere. */
  announced: boolean;
  /** The session in which the coordinator's client committed; 0 elsewhere, and once the client is answered. */
  session: number;
  /** Position in the coordinator's stream that is settled once this is durable; 0 if settled. */
  lsn: number;
  /** Beat at which the present phase of the commit protocol began. */
  since: number;
  /** Coordinator: members whose vote is in. */
  votes: NodeSet;
  /** Coordinator: members that have carried out the commit. */
  finishedBy: NodeSet;
  commit: CommitState;
}

export interface Peer {
  /** Beats since anything was heard from it. */
  silentBeats: number;
  suspected: boolean;
  /** What its clock showed in its last heartbeat, so many beats ago; 0 before the first. */
  clock: Csn;
  clockBeats: number;
  /** Everything that it coordinated below is finished everywhere. */
  finishedBelow: Gid;
  /** Its transactions in `finished`. */
  readonly finishedHere: Gid[];
  readonly stream: Stream;
}

/** The peer's replication stream, as far as it was read. */
interface Stream {
  /** End of the last change received. */
  received: number;
  /** Changes received and not yet settled, ascending. */
  readonly unsettled: number[];
  confirmed: number;
}

export function initialState(config: NodeConfig): NodeState {
  const peers: Peer[] = [];
  for (let node = 0; node <= config.nodes; node++) peers.push(createPeer());
  return {
    config,
    reading: 0,
    now: 0,
    running: false,
    generation: 1,
    members: firstNodes(config.nodes),
    beats: 0,
    clock: { floor: 0, snapshot: 0, age: 0, reference: 0, highWater: 0 },
    nextSequence: 1,
    reservedSequence: 1,
    sessions: createKeyed(),
    transactions: createKeyed(),
    finished: createKeyed(),
    unfinished: [],
    undecided: [],
    queue: { waiting: [], inFlight: 0, timerSet: false },
    peers,
    busy: 0,
    deadlockTimerSet: false,
  };
}

function createPeer(): Peer {
  return {
    silentBeats: 0,
    suspected: false,
    clock: 0,
    clockBeats: 0,
    finishedBelow: 0,
    finishedHere: [],
    stream: { received: 0, unsettled: [], confirmed: 0 },
  };
}
