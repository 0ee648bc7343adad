/**
 * The ledger: for every transaction that was ever prepared, what became of it on every node. Kept once, from facts, for
 * all checks that need it.
 */

import type { CommitProtocolName } from "../../protocol/config.ts";
import type { Csn } from "../../protocol/csn.ts";
import type { PrepareLabel } from "../../protocol/database.ts";
import { coordinatorOf, type Gid } from "../../protocol/gid.ts";
import { type NodeId, type NodeSet, setOf } from "../../protocol/members.ts";
import type { Message } from "../../protocol/messages.ts";
import type { Fact } from "../facts.ts";
import type { Micros } from "../history.ts";
import { type Acceptors, createAcceptors, enterCommit, enterRecord, enterVote } from "./acceptors.ts";

export interface Ledger {
  readonly commit: CommitProtocolName;
  readonly entries: Map<Gid, LedgerEntry>;
  /** Time that transactions were in doubt, over all nodes and transactions, while it lasted. */
  blockedUs: Micros;
  /** The longest that one was, on one node, and which. */
  longestUs: Micros;
  longestGid: Gid;
  longestNode: NodeId;
}

export interface LedgerEntry {
  readonly gid: Gid;
  readonly coordinator: NodeId;
  readonly members: NodeSet;
  readonly age: Csn;
  /** Nodes on which it was durably prepared at any time. */
  prepared: NodeSet;
  /** Nodes on which it is visible. */
  committed: NodeSet;
  rolledBack: NodeSet;
  /** Of the first commit that was seen; 0 before. */
  csn: Csn;
  readonly coordinatorStamp: Csn;
  /** By node: since when it is prepared, without an outcome, and up; else NOT_IN_DOUBT or DOWN_IN_DOUBT. */
  readonly inDoubtSince: Micros[];
  /** Of E3PC and Paxos Commit. */
  readonly acceptors: Acceptors;
}

const NOT_IN_DOUBT = -1;
/** In doubt on a node that is down. */
const DOWN_IN_DOUBT = -2;

export function createLedger(commit: CommitProtocolName): Ledger {
  return { commit, entries: new Map(), blockedUs: 0, longestUs: 0, longestGid: 0, longestNode: 0 };
}

/** Enters a fact; the transaction that it is about, or null. */
export function enterFact(ledger: Ledger, fact: Fact, at: Micros): LedgerEntry | null {
  const entry = ledger.entries.get(gidOf(fact)) ?? null;
  if (entry !== null) entry.acceptors.touched.length = 0;
  return enter(ledger, fact, entry, at);
}

/** 0 if the fact is about no transaction. */
function gidOf(fact: Fact): Gid {
  switch (fact.type) {
    case "prepared":
      return fact.label.gid;
    case "committed":
    case "rolledBack":
      return fact.gid;
    case "sent":
      return "gid" in fact.message ? fact.message.gid : 0;
    case "recorded":
      return "gid" in fact.record ? fact.record.gid : 0;
    default:
      return 0;
  }
}

function enter(ledger: Ledger, fact: Fact, entry: LedgerEntry | null, at: Micros): LedgerEntry | null {
  if (fact.type === "prepared") return enterPrepared(ledger, entry, fact.node, fact.label, at);
  if (fact.type === "crashed") stopClocks(ledger, fact.node, at);
  if (fact.type === "started") startClocks(ledger, fact.node, at);
  if (entry === null) return null;
  if (fact.type === "committed") enterCommitted(ledger, entry, fact.node, fact.csn, at);
  if (fact.type === "rolledBack") {
    entry.rolledBack |= setOf(fact.node);
    endDoubt(ledger, entry, fact.node, at);
  }
  if (fact.type === "sent") enterMessage(ledger, entry, fact.node, fact.message);
  if (fact.type === "recorded" && "gid" in fact.record) enterRecord(entry.acceptors, fact.node, fact.record);
  return entry;
}

function enterCommitted(ledger: Ledger, entry: LedgerEntry, node: NodeId, csn: Csn, at: Micros): void {
  entry.committed |= setOf(node);
  if (entry.csn === 0) entry.csn = csn;
  if (ledger.commit === "paxos-commit" && node === entry.coordinator) {
    enterCommit(entry.acceptors, entry.members, node);
  }
  endDoubt(ledger, entry, node, at);
}

/** Counts what is still in doubt when the run ends. */
export function closeLedger(ledger: Ledger, at: Micros): void {
  for (const entry of ledger.entries.values()) {
    for (let node = 1; node < entry.inDoubtSince.length; node++) endDoubt(ledger, entry, node, at);
  }
}

function enterPrepared(
  ledger: Ledger,
  known: LedgerEntry | null,
  node: NodeId,
  label: PrepareLabel,
  at: Micros,
): LedgerEntry {
  const entry = known ?? createEntry(label);
  if (known === null) ledger.entries.set(label.gid, entry);
  entry.prepared |= setOf(node);
  while (entry.inDoubtSince.length <= node) entry.inDoubtSince.push(NOT_IN_DOUBT);
  if (entry.inDoubtSince[node] === NOT_IN_DOUBT) entry.inDoubtSince[node] = at;
  return entry;
}

/** While a node is down, nobody waits for the rows that are locked there. */
function stopClocks(ledger: Ledger, node: NodeId, at: Micros): void {
  for (const entry of ledger.entries.values()) {
    if ((entry.inDoubtSince[node] ?? NOT_IN_DOUBT) < 0) continue;
    endDoubt(ledger, entry, node, at);
    entry.inDoubtSince[node] = DOWN_IN_DOUBT;
  }
}

function startClocks(ledger: Ledger, node: NodeId, at: Micros): void {
  for (const entry of ledger.entries.values()) {
    if (entry.inDoubtSince[node] === DOWN_IN_DOUBT) entry.inDoubtSince[node] = at;
  }
}

function enterMessage(ledger: Ledger, entry: LedgerEntry, node: NodeId, message: Message): void {
  if (message.type !== "vote" || ledger.commit !== "paxos-commit") return;
  const { acceptors, members, coordinator, coordinatorStamp } = entry;
  enterVote(acceptors, members, coordinator, coordinatorStamp, node, message.stamp);
}

function createEntry({ gid, members, age, coordinatorStamp }: PrepareLabel): LedgerEntry {
  return {
    gid,
    coordinator: coordinatorOf(gid),
    members,
    age,
    prepared: 0,
    committed: 0,
    rolledBack: 0,
    csn: 0,
    coordinatorStamp,
    inDoubtSince: [NOT_IN_DOUBT, NOT_IN_DOUBT, NOT_IN_DOUBT, NOT_IN_DOUBT],
    acceptors: createAcceptors(),
  };
}

function endDoubt(ledger: Ledger, entry: LedgerEntry, node: NodeId, at: Micros): void {
  const since = entry.inDoubtSince[node] ?? NOT_IN_DOUBT;
  entry.inDoubtSince[node] = NOT_IN_DOUBT;
  if (since < 0) return;
  const span = at - since;
  ledger.blockedUs += span;
  if (span <= ledger.longestUs) return;
  ledger.longestUs = span;
  ledger.longestGid = entry.gid;
  ledger.longestNode = node;
}
