/**
 * What a run reached, by name: message types, log records, answers, notes, faults, what came in replication streams, the
 * rules by which transactions were aborted, and the stages from which and to which nodes passed.
 */
import type { CommitProtocolName } from "../../protocol/config.ts";
import type { StreamChange } from "../../protocol/database.ts";
import type { Note } from "../../protocol/effects.ts";
import type { NodeId } from "../../protocol/members.ts";
import { standingIn } from "../../protocol/membership/standing.ts";
import type { AbortRule, Message } from "../../protocol/messages.ts";
import type { Fact } from "../../scenarios/facts.ts";
import { nodeConfig, type Scenario } from "../../scenarios/scenario.ts";

export interface Coverage {
  take(fact: Fact): void;
  names(): string[];
}

export function createCoverage(scenario: Scenario): Coverage {
  const reached = new Set<string>();
  const standings = new Map<NodeId, string>();
  return {
    take(fact) {
      for (const name of namesOf(fact)) reached.add(name);
      if (fact.type !== "recorded" || fact.record.kind !== "membership") return;
      const before = standings.get(fact.node) ?? "online";
      const standing = standingIn(fact.record, nodeConfig(scenario, fact.node));
      if (standing !== before) reached.add(`stage ${before} to ${standing}`);
      standings.set(fact.node, standing);
    },
    names: () => [...reached].sort(),
  };
}

function namesOf(fact: Fact): string[] {
  switch (fact.type) {
    case "sent":
      return [`send ${fact.message.type}`, ...rulesOf(fact.message)];
    case "received":
      return "kind" in fact.what ? [`stream ${changeName(fact.what)}`] : [];
    case "recorded":
      return [`persist ${fact.record.kind}`];
    case "answered": {
      const { answer } = fact;
      const rule = "error" in answer ? RULE.exec(answer.error.message)?.[1] : undefined;
      return [`answer ${answer.type}`, ...(rule === undefined ? [] : [`rule ${rule}`])];
    }
    case "noted":
      return [`note ${fact.note.about}`];
    case "fault": {
      const rejects = "rejects" in fact.fault && fact.fault.rejects === true;
      return [`fault ${rejects ? "reject" : fact.fault.kind}`];
    }
    case "committed":
    case "rolledBack":
    case "crashed":
      return [`node ${fact.type}`];
    default:
      return [];
  }
}

/** As clients are told it. */
const RULE = /^transaction aborted: ([a-z ]+) \(node/;

function rulesOf(message: Message): string[] {
  return message.type === "abort" || message.type === "refusal" ? [`rule ${message.reason.rule}`] : [];
}

function changeName(change: StreamChange): string {
  switch (change.kind) {
    case "prepared":
      return change.label.recovered ? "copy" : "prepared";
    case "message":
      return change.message.kind;
    case "rolled back":
      return change.copy ? "copy rolled back" : "rolled back";
    case "committed":
    case "position":
      return change.kind;
  }
}

const SHARED = [
  ...named("send", "heartbeat", "vote", "commit", "abort", "finished", "inquiry", "refusal", "wound"),
  ...named("persist", "clock", "sequence", "finished"),
  ...named("answer", "begun", "executed", "failed", "committed", "aborted", "rolledBack"),
  ...named("stream", "prepared"),
  ...named<Note["about"]>("note", "suspected", "heard again", "resolving", "aborted", "wounded"),
  // Nothing is found wrong only at PREPARE, so no rule "prepare failed".
  ...named<AbortRule>("rule", "apply failed", "vote timeout", "wounded", "already aborted", "resolver"),
  ...named<AbortRule>("rule", "coordinator has no record", "prepare after promise"),
  "node committed",
  "node rolledBack",
  "node crashed",
];

/** Of a cluster that heals itself. */
const HEALING = [
  ...named<Message["type"]>("send", "candidacy", "election vote"),
  "persist membership",
  ...named<Note["about"]>("note", "campaign", "generation", "recovery"),
  ...named("stream", "committed", "rolled back", "copy", "copy rolled back"),
  ...named("stream", "parallel safe", "syncpoint", "position"),
  ...named<AbortRule>("rule", "other generation", "not online"),
  ...["draining", "recovering", "outside"].map((stage) => `stage online to ${stage}`),
  ...["draining", "recovering"].map((stage) => `stage outside to ${stage}`),
  ...["draining", "recovering"].flatMap((stage) => [
    `stage ${stage} to outside`,
    `stage ${stage} to marking`,
  ]),
  "stage marking to online",
  ...["outside", "draining", "recovering"].map((stage) => `stage marking to ${stage}`),
];

const OWN: Readonly<Record<CommitProtocolName, readonly string[]>> = {
  "2pc": ["send status", "persist refused", "note blocked"],
  "3pc": ["send status", "send precommit", "send ack", "persist precommit", "persist refused"],
  e3pc: ["send status", "send precommit", "send preabort", "send ack", "persist e3pc"],
  "paxos-commit": ["send promise", "send accept", "send ack", "persist paxos-commit", "persist refused"],
};

/** What a sweep of this scenario that breaks enough should reach. */
export function expectedCoverage({ commit, snapshot, membership, nemesis }: Scenario): string[] {
  return [
    ...SHARED,
    ...OWN[commit],
    // Where a commit waits for its turn, its decision is logged.
    ...(commit === "2pc" && snapshot === "clock-si-committer" ? ["persist decision"] : []),
    ...(membership === "elected" ? HEALING : []),
    ...(nemesis?.kinds ?? []).map((kind) => `fault ${kind}`),
    ...(nemesis?.kinds.includes("clock step") === true ? named<AbortRule>("rule", "clock drift") : []),
  ].sort();
}

function named<Name extends string>(kind: string, ...names: readonly Name[]): string[] {
  return names.map((name) => `${kind} ${name}`);
}
