/**
 * The ledger: for every transaction that was ever prepared, what became of it on every node. Kept once, from facts, for
 * all checks that need it.
 */

import type { CommitProtocolName } from "../../protocol/config.ts";
import type { Csn } from "../../protocol/csn.ts";
import { isCopy, type PrepareLabel } from "../../protocol/database.ts";
import { coordinatorOf, type Gid } from "../../protocol/gid.ts";
import { contains, type NodeId, type NodeSet, setOf, toList } from "../../protocol/members.ts";
import type { Message } from "../../protocol/messages.ts";
import type { DurableRecord } from "../../protocol/records.ts";
import type { Fact } from "../facts.ts";
import type { Micros } from "../history.ts";
import { type Acceptors, createAcceptors, enterCommit, enterRecord, enterVote } from "./acceptors.ts";

export interface Ledger {
  /** By node: its last_online_in, durably; and whether that is its generation. */
  readonly onlineIn: number[];
  readonly isOnline: boolean[];
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
  readonly generation: number;
  readonly members: NodeSet;
  readonly configured: NodeSet;
  readonly age: Csn;
  /** Nodes on which it was durably prepared at any time. */
  prepared: NodeSet;
  /** Nodes on which it is visible. */
  committed: NodeSet;
  rolledBack: NodeSet;
  /** Nodes that prepared it from a donor's stream. */
  copies: NodeSet;
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

/** `nodes`: those of the first generation. */
export function createLedger(commit: CommitProtocolName, nodes: NodeSet): Ledger {
  const onlineIn: number[] = [];
  for (const node of toList(nodes)) onlineIn[node] = 1;
  return {
    onlineIn,
    isOnline: [],
    commit,
    entries: new Map(),
    blockedUs: 0,
    longestUs: 0,
    longestGid: 0,
    longestNode: 0,
  };
}

/** Enters a fact; the transaction that it is about, or null. */
export function enterFact(ledger: Ledger, fact: Fact, at: Micros): LedgerEntry | null {
  switch (fact.type) {
    case "prepared":
      return enterPrepared(ledger, fact.node, fact.label, at);
    case "committed":
      return enterCommitted(ledger, fact.node, fact.gid, fact.csn, at);
    case "rolledBack":
      return enterRolledBack(ledger, fact.node, fact.gid, at);
    case "sent":
      return enterMessage(ledger, fact.node, fact.message);
    case "recorded":
      return enterDurable(ledger, fact.node, fact.record);
    case "copied":
      copyEntries(ledger, fact.node, fact.from);
      return null;
    case "crashed":
      stopClocks(ledger, fact.node, at);
      return null;
    case "started":
      startClocks(ledger, fact.node, at);
      return null;
    default:
      return null;
  }
}

/** Counts what is still in doubt when the run ends. */
export function closeLedger(ledger: Ledger, at: Micros): void {
  for (const entry of ledger.entries.values()) {
    for (let node = 1; node < entry.inDoubtSince.length; node++) endDoubt(ledger, entry, node, at);
  }
}

function enterPrepared(ledger: Ledger, node: NodeId, label: PrepareLabel, at: Micros): LedgerEntry {
  const entry = entryOf(ledger, label.gid) ?? createEntry(ledger, label);
  entry.prepared |= setOf(node);
  if (isCopy(label, node)) entry.copies |= setOf(node);
  while (entry.inDoubtSince.length <= node) entry.inDoubtSince.push(NOT_IN_DOUBT);
  if (entry.inDoubtSince[node] === NOT_IN_DOUBT) entry.inDoubtSince[node] = at;
  return entry;
}

function enterCommitted(ledger: Ledger, node: NodeId, gid: Gid, csn: Csn, at: Micros): LedgerEntry | null {
  const entry = entryOf(ledger, gid);
  if (entry === null) return null;
  entry.committed |= setOf(node);
  if (entry.csn === 0) entry.csn = csn;
  if (ledger.commit === "paxos-commit" && node === entry.coordinator) {
    enterCommit(entry.acceptors, entry);
  }
  endDoubt(ledger, entry, node, at);
  return entry;
}

function enterRolledBack(ledger: Ledger, node: NodeId, gid: Gid, at: Micros): LedgerEntry | null {
  const entry = entryOf(ledger, gid);
  if (entry === null) return null;
  // A copy that is dropped is no outcome, but it is not prepared there any more.
  if (contains(entry.copies, node)) entry.prepared &= ~setOf(node);
  else entry.rolledBack |= setOf(node);
  endDoubt(ledger, entry, node, at);
  return entry;
}

function enterMessage(ledger: Ledger, node: NodeId, message: Message): LedgerEntry | null {
  if (!("gid" in message)) return null;
  const entry = entryOf(ledger, message.gid);
  if (entry === null || message.type !== "vote" || ledger.commit !== "paxos-commit") return entry;
  enterVote(entry.acceptors, entry, entry.coordinatorStamp, node, message.stamp);
  return entry;
}

function enterDurable(ledger: Ledger, node: NodeId, record: DurableRecord): LedgerEntry | null {
  if (record.kind === "membership") {
    ledger.onlineIn[node] = record.lastOnlineIn;
    ledger.isOnline[node] = record.lastOnlineIn === record.current.number;
  }
  if (!("gid" in record)) return null;
  const entry = entryOf(ledger, record.gid);
  if (entry !== null) enterRecord(entry.acceptors, node, record);
  return entry;
}

/** As it is before a fact is entered that may touch its acceptors. */
function entryOf(ledger: Ledger, gid: Gid): LedgerEntry | null {
  const entry = ledger.entries.get(gid);
  if (entry === undefined) return null;
  const { touched } = entry.acceptors;
  if (touched.length > 0) touched.length = 0;
  return entry;
}

/** What became of every transaction on one node has become of it on the other too. */
function copyEntries(ledger: Ledger, node: NodeId, from: NodeId): void {
  for (const entry of ledger.entries.values()) {
    if (contains(entry.prepared, from)) {
      entry.prepared |= setOf(node);
      entry.copies |= setOf(node);
    }
    if (contains(entry.committed, from)) entry.committed |= setOf(node);
    if (contains(entry.rolledBack, from)) entry.rolledBack |= setOf(node);
    while (entry.inDoubtSince.length <= node) entry.inDoubtSince.push(NOT_IN_DOUBT);
    const inDoubt = (entry.inDoubtSince[from] ?? NOT_IN_DOUBT) !== NOT_IN_DOUBT;
    entry.inDoubtSince[node] = inDoubt ? DOWN_IN_DOUBT : NOT_IN_DOUBT;
  }
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

function createEntry(ledger: Ledger, label: PrepareLabel): LedgerEntry {
  const { gid, generation, members, configured, age, coordinatorStamp } = label;
  const entry: LedgerEntry = {
    gid,
    coordinator: coordinatorOf(gid),
    generation,
    members,
    configured,
    age,
    prepared: 0,
    committed: 0,
    rolledBack: 0,
    copies: 0,
    csn: 0,
    coordinatorStamp,
    inDoubtSince: [NOT_IN_DOUBT, NOT_IN_DOUBT, NOT_IN_DOUBT, NOT_IN_DOUBT],
    acceptors: createAcceptors(),
  };
  ledger.entries.set(gid, entry);
  return entry;
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
