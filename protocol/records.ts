/**
 * What a node keeps in its log, beside what its PostgreSQL keeps.
 *
 * A prepared transaction and its label, and the outcome row of a committed one, are PostgreSQL's own durable state;
 * the log holds what PostgreSQL has no place for (mmts 1.10): promises and accepted values of the commit protocols,
 * decisions that cannot yet be carried out, and high-water marks.
 */
import type { Csn } from "./csn.ts";
import type { Gid } from "./gid.ts";
import type { NodeId, NodeSet } from "./members.ts";
import type { Generation } from "./membership/generation.ts";
import type { AcceptedVote, Term } from "./messages.ts";

export type DurableRecord =
  /** Every stamp and snapshot that this node ever gave, and every CSN that it committed, is below. */
  | { readonly kind: "clock"; readonly highWater: Csn }
  /** Every sequence number that this node ever gave is below. */
  | { readonly kind: "sequence"; readonly reserved: number }
  /** Every transaction of this coordinator below this gid is finished here. */
  | { readonly kind: "finished"; readonly coordinator: NodeId; readonly below: Gid }
  | SlotRecord
  | MembershipRecord
  | TransactionRecord;

/**
 * Which transactions of each coordinator may lie before the beginning of this peer's slot; null: it has none. Kept of
 * nodes whose slot was not there from the first.
 */
export interface SlotRecord {
  readonly kind: "slot";
  readonly peer: NodeId;
  readonly seen: readonly Gid[] | null;
  /** Where it begins in this node's WAL, and in which generation that was. */
  readonly begin: number;
  readonly generation: number;
}

/** What a node must not forget about generations (mmts 4.1). */
export interface MembershipRecord {
  readonly kind: "membership";
  readonly current: Generation;
  readonly donors: NodeSet;
  readonly lastOnlineIn: number;
  /** A promise never to come online in a lower generation than this one, unless it is online there already. */
  readonly lastVote: Generation;
  /** Whether the mark that this node is online in `current` is in its own WAL. */
  readonly safeLogged: boolean;
  /** What the operator has asked for, and is not done yet. */
  readonly joining: boolean;
  readonly removing: NodeSet;
  /** No nodes of the cluster any more, unless their removal is not final: see membership/configuration.ts. */
  readonly leaving: NodeSet;
  /** The copy of a database that this node goes on from; null: none. */
  readonly copied: CopiedDatabase | null;
  /** Whom this node, a referee, has let go on alone, and in which generation; 0: nobody. */
  readonly grantedTo: NodeId;
  readonly grantedIn: number;
}

/** What a node knows of the copy on which its database was begun (replication/copying.ts). */
export interface CopiedDatabase {
  /** Where it ends in the WAL of its donor. */
  readonly lsn: number;
  /** Prepared in it: the donor's slot begins behind their PREPAREs. */
  readonly prepared: readonly Gid[];
  /** Those of them that this node has given up, to follow another donor that may bring them again. */
  readonly dropped: readonly Gid[];
}

/** At most one a gid. */
export type TransactionRecord =
  /** Decided to commit, though COMMIT PREPARED has to wait for its turn (2PC and Paxos Commit coordinators). */
  | (RecordHead & { readonly kind: "decision"; readonly csn: Csn })
  /** 2PC and 3PC: promised a resolver never to prepare it. */
  | (RecordHead & { readonly kind: "refused" })
  /** 3PC: precommitted. */
  | (RecordHead & { readonly kind: "precommit"; readonly csn: Csn })
  /** E3PC: the Paxos acceptor. A value is "commit with csn", or "abort" if csn is 0; accepted 0 is no value. */
  | (RecordHead & {
      readonly kind: "e3pc";
      readonly promised: Term;
      readonly accepted: Term;
      readonly csn: Csn;
    })
  /** Paxos Commit: the acceptor of all instances, one vote for each member in ascending order. */
  | (RecordHead & {
      readonly kind: "paxos-commit";
      readonly promised: Term;
      readonly votes: readonly AcceptedVote[];
    });

interface RecordHead {
  readonly gid: Gid;
  readonly generation: number;
  readonly members: NodeSet;
  readonly configured: NodeSet;
}
