/** Durable before told: nothing leaves a node that a crash of that node could make untrue. */
import { coordinatorOf, type Gid, showGid } from "../../protocol/gid.ts";
import { contains, type NodeId } from "../../protocol/members.ts";
import type { Message, Term } from "../../protocol/messages.ts";
import type { DurableRecord } from "../../protocol/records.ts";
import { isQuorum } from "./acceptors.ts";
import { type Check, type Findings, holds, notExercised, report } from "./check.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";

export const durableBeforeTold: Check = {
  name: "durable before told",
  holds: "a vote, ack, promise, decision or answer is sent only after the state that it describes is durable",
  source: "mmts 1.9 I7, 9.1 bug 1; protocol/effects.ts, the host's contract",
  begin: (_scenario, ledger) => {
    const findings: Findings = { found: null };
    const logged: Logged = { decision: new Set(), refused: new Set(), precommit: new Set() };
    let seen = false;
    return {
      on: {
        recorded: ({ node, record }) => {
          if (isWatched(record)) logged[record.kind].add(placeOf(record.gid, node));
        },
        sent: ({ node, message }, entry) => {
          if (entry === null) return;
          seen = true;
          const lacking = lackingFor(ledger, entry, node, message, logged);
          if (lacking === null) return;
          report(
            findings,
            `node ${node} sent ${message.type} of ${showGid(entry.gid)} before ${lacking} was durable there`,
          );
        },
        answered: ({ node, answer }) => {
          if (answer.type !== "committed" || answer.gid === 0) return;
          const entry = ledger.entries.get(answer.gid);
          if (entry !== undefined && contains(entry.committed, node)) return;
          report(
            findings,
            `node ${node} told its client that ${showGid(answer.gid)} is committed before it was so there`,
          );
        },
      },
      end: () => findings.found ?? (seen ? holds() : notExercised("no message about a transaction was sent")),
    };
  },
};

/** Log records that only this check looks at: of which transaction, at which node. */
type Logged = Readonly<Record<WatchedRecord["kind"], Set<number>>>;

type WatchedRecord = Extract<DurableRecord, { kind: "decision" | "refused" | "precommit" }>;

/** A gid and a node in one number: sets of numbers are faster than sets of texts. */
function placeOf(gid: Gid, node: NodeId): number {
  return gid * 32 + node;
}

function isWatched(record: DurableRecord): record is WatchedRecord {
  return record.kind === "decision" || record.kind === "refused" || record.kind === "precommit";
}

/** What the message relies on and the node has not made durable; null if nothing is lacking. */
function lackingFor(
  ledger: Ledger,
  entry: LedgerEntry,
  node: NodeId,
  message: Message,
  logged: Logged,
): string | null {
  const { gid } = entry;
  switch (message.type) {
    case "vote":
      return contains(entry.prepared, node) ? null : "its PREPARE";
    case "finished":
      return contains(entry.committed, node) ? null : "its COMMIT PREPARED";
    case "refusal":
      if (ledger.commit !== "paxos-commit" || logged.refused.has(placeOf(gid, node))) return null;
      return "the refusal";
    case "ack":
      if (ledger.commit === "3pc") return logged.precommit.has(placeOf(gid, node)) ? null : "the precommit";
      return hasAccepted(entry, node, message.term) ? null : "the acceptance";
    case "status":
      return message.term <= (entry.acceptors.promised[node] ?? 0) ? null : "the promise";
    case "promise":
      return message.term <= (entry.acceptors.promised[node] ?? 0) ? null : "the promise";
    case "commit":
      return isDecided(ledger, entry, node, logged) ? null : "the decision";
    default:
      // Proposals and questions describe nothing that the sender has to keep.
      return null;
  }
}

function hasAccepted(entry: LedgerEntry, node: NodeId, term: Term): boolean {
  for (const known of entry.acceptors.acceptances) {
    if (known.term === term && contains(known.nodes, node)) return true;
  }
  return false;
}

/** Whether the commit can no longer be undone by a crash of the node that tells of it. */
function isDecided(ledger: Ledger, entry: LedgerEntry, node: NodeId, logged: Logged): boolean {
  if (entry.committed !== 0) return true;
  const coordinator = coordinatorOf(entry.gid);
  switch (ledger.commit) {
    case "2pc":
      return logged.decision.has(placeOf(entry.gid, coordinator));
    case "3pc":
      return logged.precommit.has(placeOf(entry.gid, node));
    case "e3pc":
      return isChosen(ledger, entry, 0);
    case "paxos-commit":
      return isEveryVoteChosen(ledger, entry);
  }
}

function isChosen(ledger: Ledger, entry: LedgerEntry, instance: number): boolean {
  for (const { instance: known, value, nodes } of entry.acceptors.acceptances) {
    if (known !== instance || value === 0) continue;
    if (isQuorum(ledger.commit, entry, nodes)) return true;
  }
  return false;
}

function isEveryVoteChosen(ledger: Ledger, entry: LedgerEntry): boolean {
  for (let member = 1; member <= 16; member++) {
    if (contains(entry.members, member) && !isChosen(ledger, entry, member)) return false;
  }
  return true;
}
