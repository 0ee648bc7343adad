/**
 * The state of one node: plain data, so that it can be held, cloned, printed, compared and drafted.
 *
 * What a crash leaves of it is only what `started` brings back.
 */
import type { CommitState } from "./commit/commit-protocol.ts";
import type { NodeConfig } from "./config.ts";
import type { Csn } from "./csn.ts";
import type { Isolation, PreparedChange, Statement, StreamChange, StreamMode } from "./database.ts";
import type { Gid } from "./gid.ts";
import { createKeyed, type Keyed } from "./keyed.ts";
import { contains, type NodeId, type NodeSet } from "./members.ts";
import { firstGeneration, type Generation } from "./membership/generation.ts";
import type { AbortReason } from "./messages.ts";
import type { CopiedDatabase } from "./records.ts";

export interface NodeState {
  readonly config: NodeConfig;
  /** The clock reading of the input that is being taken, */
  reading: Csn;
  /** and as far as it is believed. */
  now: Csn;
  /** False from creation until `started`. */
  running: boolean;
  readonly membership: Membership;
  readonly recovery: Recovery;
  readonly syncpoints: Syncpoints;
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

/** See membership/generations.ts. What is not volatile is a MembershipRecord. */
export interface Membership {
  current: Generation;
  /** Who held everything when the current generation began. */
  donors: NodeSet;
  lastOnlineIn: number;
  lastVote: Generation;
  safeLogged: boolean;
  /** As `lastOnlineIn`, once it is durable: what others may be told. */
  provenOnlineIn: number;
  standing: Standing;
  campaign: Campaign | null;
  /** No campaign before this beat. */
  campaignFrom: number;
  /** The generation that this node would stand for, and since which beat; null if it would not. */
  wished: Generation | null;
  wishedSince: number;
  /** Campaigns that came to nothing since the last election. */
  failures: number;
  /** Whether nothing of an older generation may still get a CSN that this node does not know. */
  settled: boolean;
  /** Whether a client's COMMIT waits for this node to come online, or for that. */
  holding: boolean;
  /** Write sets of a generation in which this node is not yet online. */
  readonly early: EarlyChange[];
  /** What the operator has asked for: that this node be added, that these be removed. */
  joining: boolean;
  removing: NodeSet;
  /** Not configured any more, and their slots are still there. */
  leaving: NodeSet;
  /** The copy of a database that this node goes on from; null: none. */
  copied: CopiedDatabase | null;
  /** Whom this node, a referee, has let go on alone, and in which generation; 0: nobody. */
  grantedTo: NodeId;
  grantedIn: number;
  /** Whether this node has lost its log, and so may not take part in anything. */
  lost: boolean;
}

/** What a node is in its current generation. */
export type Standing =
  /** It prepares and coordinates. */
  | "online"
  /** A donor: waits until what it prepares for older generations is prepared, */
  | "draining"
  /** and then until the mark that it is online is in its WAL. */
  | "marking"
  /** A member that follows a donor's WAL up to the donor's mark; the others wait for its votes. */
  | "recovering"
  /** No member, or the members are no majority, or it has voted for a later one. It may catch up meanwhile. */
  | "outside";

/** A candidate's tour (mmts 4.5). */
export interface Campaign {
  readonly candidate: Generation;
  /** Whom it asks, itself included. */
  readonly voters: NodeSet;
  answered: NodeSet;
  granted: NodeSet;
  /** Of those who granted it: the greatest last_online_in, and who has it. */
  lastOnlineIn: number;
  donors: NodeSet;
  /** The greatest number that a refuser has voted for. */
  refusedBy: number;
  /** Whom the referee, if it has granted it, has let go on alone; 0: nobody. */
  grantedTo: NodeId;
  readonly since: number;
}

interface EarlyChange {
  readonly from: NodeId;
  readonly change: PreparedChange;
}

/** See replication/recovery.ts. */
export interface Recovery {
  /** Whose WAL is read in mode "all"; 0 if nobody's. */
  donor: NodeId;
  /** What has come of it and is not dealt with: from `next` on. */
  queue: StreamChange[];
  next: number;
  /** End of the last change that was dealt with. */
  reached: number;
  /** Copies that are applied or prepared just now, with what is applied. */
  readonly working: Keyed<PreparedChange>;
  /** Copies without a known outcome. */
  inDoubt: number;
  /** The greatest CSN that was committed here out of turn, until all below it is committed too; else 0. */
  newest: Csn;
  /** Copies that could not be applied: either they were aborted, or they are tried again once that is needed. */
  readonly failed: Keyed<PreparedChange>;
  /** The one that is tried again alone, or 0. */
  again: Gid;
  /** Why the donor's WAL cannot be followed any further; null if it can. */
  stuck: string | null;
  /** Beat at which everything had been dealt with that the donor had shortly before; -1 if never. */
  caughtUpAt: number;
  /** Beat at which that was found first since the stream was opened; -1 if never. */
  firstCaughtUp: number;
  /** The fewest beats that an answer took to a question asked after that: the way there and back. */
  trip: number;
  /** When the donor's server was last asked, and what is known to be settled there; see replication/doubts.ts. */
  question: { readonly asked: number; readonly settled: readonly Gid[] } | null;
  /** Whose database this node's is a copy of; 0: nobody's. */
  copyOf: NodeId;
  /** Beat at which this node last asked for a copy; -1 if never. */
  askedAt: number;
}

/** See replication/syncpoints.ts. */
export interface Syncpoints {
  /** By coordinator: every transaction that was ever to be prepared here is below. */
  readonly seen: Gid[];
  /** As it was when this node came online in its generation: all of that is of older ones. Zero after a restart. */
  before: readonly Gid[];
  /** Own syncpoints in the WAL that some peer may still need, ascending. */
  readonly written: Syncpoint[];
  /** Whether one is being written. */
  writing: boolean;
  /** What the last one says is finished here. */
  told: readonly Gid[];
  /** Where the mark of the current generation ends; 0 before it is there, or if it was written before a restart. */
  markAt: number;
}

export interface Syncpoint {
  readonly lsn: number;
  /** Every transaction that was prepared before it is below its coordinator's entry. */
  readonly seen: readonly Gid[];
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
    /** Its COMMIT waits until this node is online in the next generation, and may stamp. */
    | "awaiting generation"
    | "committing"
    | "rolling back"
    /** This node failed its statement, and rolled its transaction back; its client has still to end it. */
    | "refused"
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
  readonly configured: NodeSet;
  age: Csn;
  coordinatorStamp: Csn;
  /** This node's own prepare stamp; 0 before it has one. Of a copy, the donor's: its CSN is not below. */
  stamp: Csn;
  /** Prepared here from a donor's stream: never a vote. */
  recovered: boolean;
  /** Such a copy that came with a donor's database: that donor does not send it again. */
  withDatabase: boolean;
  /** A copy that is committed in the donor's order, not in this node's turn. */
  unqueued: boolean;
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
  /** Every stamp that it gives in a generation later than this node's is above. */
  stampsAbove: Csn;
  /** Everything that it coordinated below is finished here: committed, rolled back, or never to be prepared. */
  finishedBelow: Gid;
  /** Its transactions in `finished`. */
  readonly finishedHere: Gid[];
  /** As it said in its last heartbeat; whom it hears is empty while it is suspected. */
  heard: NodeSet;
  lastOnlineIn: number;
  holds: readonly Gid[];
  /** What it has in doubt of generations before that one, in which it is online; see replication/doubts.ts. */
  doubts: { readonly before: number; readonly gids: readonly Gid[] } | null;
  /** Its WAL may be confirmed up to here. */
  keepFrom: number;
  /** What it says of this node's slot there, */
  slot: "none" | "too late" | "reaches back";
  /** and where that begins. */
  slotBeginThere: number;
  /** and whether it is to become a node of the cluster. */
  joining: boolean;
  /** Which transactions of each coordinator may lie before the beginning of its slot here; null: it has none. */
  slotSeen: readonly Gid[] | null;
  /** Where that is in this node's WAL; 0: it was there from the first. */
  slotBegin: number;
  /** The generation in which it was made. */
  slotGeneration: number;
  readonly stream: Stream;
}

/** The peer's replication stream, as far as it was read. */
interface Stream {
  mode: StreamMode | "closed";
  /** End of the last change received. */
  received: number;
  /** Changes received and not yet settled, ascending. */
  readonly unsettled: number[];
  confirmed: number;
}

export function initialState(config: NodeConfig): NodeState {
  const peers: Peer[] = [];
  const first = firstGeneration(config.initial, config.referee).members;
  for (let node = 0; node <= config.nodes; node++) {
    const hasSlot = contains(first, node) && node !== config.node;
    peers.push(createPeer(hasSlot ? emptyVector(config) : null));
  }
  return {
    config,
    reading: 0,
    now: 0,
    running: false,
    membership: createMembership(config),
    recovery: {
      donor: 0,
      queue: [],
      next: 0,
      reached: 0,
      working: createKeyed(),
      inDoubt: 0,
      newest: 0,
      failed: createKeyed(),
      again: 0,
      stuck: null,
      caughtUpAt: -1,
      firstCaughtUp: -1,
      trip: 0,
      question: null,
      copyOf: 0,
      askedAt: -1,
    },
    syncpoints: { seen: peers.map(() => 0), before: [], written: [], writing: false, told: [], markAt: 0 },
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

function emptyVector({ nodes }: NodeConfig): Gid[] {
  return Array.from({ length: nodes + 1 }, () => 0);
}

/** A peer of the first generation has had its slot from the first. */
function createPeer(slotSeen: readonly Gid[] | null): Peer {
  return {
    silentBeats: 0,
    suspected: false,
    clock: 0,
    clockBeats: 0,
    stampsAbove: 0,
    finishedBelow: 0,
    finishedHere: [],
    heard: 0,
    lastOnlineIn: 0,
    holds: [],
    doubts: null,
    keepFrom: 0,
    slot: "none",
    slotBeginThere: 0,
    joining: false,
    slotSeen,
    slotBegin: 0,
    slotGeneration: 0,
    stream: { mode: "closed", received: 0, unsettled: [], confirmed: 0 },
  };
}

function createMembership({ node, initial, referee }: NodeConfig): Membership {
  const first = firstGeneration(initial, referee);
  const lastOnlineIn = contains(first.members, node) ? first.number : 0;
  return {
    current: first,
    donors: first.members,
    lastOnlineIn,
    lastVote: first,
    safeLogged: true,
    provenOnlineIn: lastOnlineIn,
    standing: "outside",
    campaign: null,
    campaignFrom: 0,
    wished: null,
    wishedSince: 0,
    failures: 0,
    settled: true,
    holding: false,
    early: [],
    joining: false,
    removing: 0,
    leaving: 0,
    copied: null,
    grantedTo: 0,
    grantedIn: 0,
    lost: false,
  };
}
