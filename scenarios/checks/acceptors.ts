/**
 * What the acceptors of one transaction have durably promised and accepted, kept from facts for the consensus checks.
 *
 * An acceptance is (instance, term, value) and the nodes that made it. E3PC has one instance, numbered 0, whose value is
 * the CSN, or 0 for abort. Paxos Commit has one for each member, whose value is that member's stamp, or 0 for aborted;
 * in a cluster of up to three a durable PREPARE is itself an acceptance, of the coordinator's vote and the member's own,
 * known from the vote that follows it, and the coordinator's first COMMIT PREPARED is one of all.
 */
import { acceptorsOf, type Electorate, quorumOf } from "../../protocol/commit/paxos-commit.ts";
import type { CommitProtocolName } from "../../protocol/config.ts";
import { majority, type NodeId, type NodeSet, setOf, size, toList } from "../../protocol/members.ts";
import { INITIAL_TERM, type Term } from "../../protocol/messages.ts";
import type { TransactionRecord } from "../../protocol/records.ts";

export interface Acceptors {
  readonly acceptances: Acceptance[];
  /** Of these, the ones that the last fact added or added a node to. */
  readonly touched: Acceptance[];
  /** By node; 0 before anything was recorded. */
  readonly promised: Term[];
  readonly accepted: Term[];
  /** The first time that a promise or an acceptance went down at a node, in words; null while none has. */
  wentBack: string | null;
}

export interface Acceptance {
  readonly instance: number;
  readonly term: Term;
  readonly value: number;
  nodes: NodeSet;
}

/** Whether these nodes' acceptances choose a value: F + 1 of Paxos Commit's 2F + 1 acceptors, a majority of the cluster under E3PC. */
export function isQuorum(commit: CommitProtocolName, electorate: Electorate, nodes: NodeSet): boolean {
  const { configured } = electorate;
  if (commit !== "paxos-commit") return size(nodes) >= majority(configured);
  return size(nodes & acceptorsOf(electorate)) >= quorumOf(configured);
}

export function createAcceptors(): Acceptors {
  return { acceptances: [], touched: [], promised: [0, 0, 0, 0], accepted: [0, 0, 0, 0], wentBack: null };
}

export function enterRecord(acceptors: Acceptors, node: NodeId, record: TransactionRecord): void {
  if (record.kind === "e3pc") {
    if (record.accepted !== 0) accept(acceptors, 0, record.accepted, record.csn, node);
    enterTerms(acceptors, node, record.promised, record.accepted);
  }
  if (record.kind === "paxos-commit") {
    let highest = 0;
    toList(record.members).forEach((member, index) => {
      const vote = record.votes[index];
      if (vote === undefined || vote.term === 0) return;
      accept(acceptors, member, vote.term, vote.stamp, node);
      if (vote.term > highest) highest = vote.term;
    });
    enterTerms(acceptors, node, record.promised, highest);
  }
}

/** Paxos Commit in a cluster of up to three: the voter's PREPARE was an acceptance. */
export function enterVote(
  acceptors: Acceptors,
  { coordinator, configured }: Electorate,
  coordinatorStamp: number,
  node: NodeId,
  stamp: number,
): void {
  if (size(configured) > 3) return;
  accept(acceptors, coordinator, INITIAL_TERM, coordinatorStamp, coordinator);
  accept(acceptors, coordinator, INITIAL_TERM, coordinatorStamp, node);
  accept(acceptors, node, INITIAL_TERM, stamp, node);
}

/** Likewise: the coordinator's COMMIT PREPARED accepted every vote, if nobody had tried a higher term. */
export function enterCommit(acceptors: Acceptors, { coordinator, configured }: Electorate): void {
  if (size(configured) > 3) return;
  if (acceptors.acceptances.some(({ term }) => term > INITIAL_TERM)) return;
  for (const acceptance of acceptors.acceptances) touch(acceptors, acceptance, coordinator);
}

function accept(acceptors: Acceptors, instance: number, term: Term, value: number, node: NodeId): void {
  for (const known of acceptors.acceptances) {
    if (known.instance !== instance || known.term !== term || known.value !== value) continue;
    return touch(acceptors, known, node);
  }
  const acceptance = { instance, term, value, nodes: 0 };
  acceptors.acceptances.push(acceptance);
  touch(acceptors, acceptance, node);
}

function touch(acceptors: Acceptors, acceptance: Acceptance, node: NodeId): void {
  const nodes = acceptance.nodes | setOf(node);
  if (nodes === acceptance.nodes) return;
  acceptance.nodes = nodes;
  acceptors.touched.push(acceptance);
}

function enterTerms(acceptors: Acceptors, node: NodeId, promised: Term, accepted: Term): void {
  const before = acceptors.promised[node] ?? 0;
  const acceptedBefore = acceptors.accepted[node] ?? 0;
  if (promised < accepted) acceptors.wentBack ??= `node ${node} accepted beyond its promise`;
  if (promised < before) acceptors.wentBack ??= `node ${node} promised less than before`;
  if (accepted < acceptedBefore) acceptors.wentBack ??= `node ${node} accepted in a lower term than before`;
  acceptors.promised[node] = promised;
  acceptors.accepted[node] = accepted;
}
