/** What a run reached: message types, log records, answers, notes and kinds of faults, by name. */
import type { CommitProtocolName } from "../../protocol/config.ts";
import type { Note } from "../../protocol/effects.ts";
import type { Fact } from "../../scenarios/facts.ts";

export interface Coverage {
  take(fact: Fact): void;
  names(): string[];
}

export function createCoverage(): Coverage {
  const reached = new Map<string, Set<string>>();
  const reach = (kind: string, name: string): void => {
    const names = reached.get(kind);
    if (names === undefined) reached.set(kind, new Set([name]));
    else names.add(name);
  };
  return {
    take(fact) {
      switch (fact.type) {
        case "sent":
          return reach("send", fact.message.type);
        case "recorded":
          return reach("persist", fact.record.kind);
        case "answered":
          return reach("answer", fact.answer.type);
        case "noted":
          return reach("note", fact.note.about);
        case "fault":
          return reach("fault", fact.fault.kind);
        case "committed":
        case "rolledBack":
        case "crashed":
          return reach("node", fact.type);
        default:
          return;
      }
    },
    names: () => [...reached].flatMap(([kind, names]) => [...names].map((name) => `${kind} ${name}`)).sort(),
  };
}

const SHARED = [
  ...["vote", "commit", "abort", "finished", "inquiry", "refusal", "wound"].map((name) => `send ${name}`),
  ...["begun", "executed", "committed", "aborted"].map((name) => `answer ${name}`),
  ...(["suspected", "heard again", "resolving"] satisfies Note["about"][]).map((name) => `note ${name}`),
  "node committed",
  "node rolledBack",
  "node crashed",
];

const OWN: Readonly<Record<CommitProtocolName, readonly string[]>> = {
  "2pc": ["send status", "persist refused", "note blocked"],
  "3pc": ["send status", "send precommit", "send ack", "persist precommit", "persist refused"],
  e3pc: ["send status", "send precommit", "send preabort", "send ack", "persist e3pc"],
  "paxos-commit": ["send promise", "send accept", "send ack", "persist paxos-commit"],
};

/** What a sweep of this protocol that breaks enough should reach. */
export function expectedCoverage(commit: CommitProtocolName): string[] {
  return [...SHARED, ...OWN[commit]].sort();
}
