/** The words for what a model of our reducers can come to: what of it was never reached is named. */
import type { CommitProtocolName } from "../../../protocol/config.ts";
import type { Model } from "../model.ts";
import type { Allowance } from "./allowance.ts";

export function vocabularyOf(protocol: CommitProtocolName, allowance: Allowance): Model["vocabulary"] {
  return {
    actions: ACTIONS.filter((action) => isAllowed(action, protocol, allowance)),
    messages: [...(allowance.prepared ? [] : ["write set"]), ...MESSAGES[protocol]],
    states: [...SHARED_STATES.filter((state) => isPossible(state, allowance)), ...OWN_STATES[protocol]],
    outcomes: [
      ...SHARED_OUTCOMES,
      ...OWN_OUTCOMES[protocol],
      ...(allowance.timeouts > 1 ? ["two resolvers at once"] : []),
    ],
  };
}

/** The word's bit; 0 if it is not among them. */
export function bitOf(words: readonly string[], word: string): number {
  const index = words.indexOf(word);
  return index < 0 ? 0 : 1 << index;
}

const ACTIONS = [
  "message arrives",
  "message arrives twice",
  "write set arrives",
  "stream is opened again",
  "database carries out",
  "database fails",
  "database answers",
  "log write is durable",
  "timeout",
  "false suspicion",
  "crash",
  "restart",
] as const;
export type Action = (typeof ACTIONS)[number];

const MESSAGES: Readonly<Record<CommitProtocolName, readonly string[]>> = {
  "2pc": ["vote", "refusal", "commit", "abort", "finished", "inquiry", "status", "heartbeat"],
  "3pc": [
    ...["vote", "refusal", "precommit", "ack", "commit", "abort", "finished"],
    ...["inquiry", "status", "heartbeat"],
  ],
  e3pc: [
    ...["vote", "refusal", "precommit", "preabort", "ack", "commit", "abort", "finished"],
    ...["inquiry", "status", "heartbeat"],
  ],
  "paxos-commit": [
    ...["vote", "refusal", "commit", "abort", "finished", "ack"],
    ...["inquiry", "promise", "accept", "heartbeat"],
  ],
};

/** Of a member; "held" and "aborted" are passed through inside a step. */
const PHASES = ["absent", "applying", "preparing", "prepared", "committing", "committed", "rolling back"];
const SHARED_STATES = ["unknown", ...PHASES, "down", "two resolvers at once"];
const OWN_STATES: Readonly<Record<CommitProtocolName, readonly string[]>> = {
  "2pc": [],
  "3pc": ["precommitted"],
  e3pc: ["promised a higher term", "accepted a commit", "accepted an abort"],
  "paxos-commit": ["promised a higher term", "accepted a vote", "accepted an abort"],
};

const SHARED_OUTCOMES = [
  "committed on every node",
  "aborted, and prepared nowhere",
  "client told it is committed",
  "client told it is aborted",
];
const RESOLVED = ["committed by a resolver", "aborted by a resolver"];
const OWN_OUTCOMES: Readonly<Record<CommitProtocolName, readonly string[]>> = {
  "2pc": ["blocked: only the coordinator knows"],
  "3pc": RESOLVED,
  e3pc: RESOLVED,
  "paxos-commit": RESOLVED,
};

/** Whose suspicion makes a difference: E3PC and Paxos Commit only wait longer for a coordinator that can be heard. */
export const SUSPECTS: Readonly<Record<CommitProtocolName, "nobody" | "coordinator" | "anybody">> = {
  "2pc": "coordinator",
  "3pc": "anybody",
  e3pc: "nobody",
  "paxos-commit": "nobody",
};

function isPossible(state: string, { crashes, prepared }: Allowance): boolean {
  if (state === "down") return crashes > 0;
  // A node that starts again with a prepared transaction does not apply it again.
  return !prepared || !["absent", "applying", "preparing"].includes(state);
}

function isAllowed(action: Action, protocol: CommitProtocolName, allowance: Allowance): boolean {
  switch (action) {
    case "message arrives twice":
      return allowance.duplicates > 0;
    case "database fails":
      return allowance.failures > 0;
    case "timeout":
      return allowance.timeouts > 0;
    case "false suspicion":
      return allowance.timeouts > 0 && SUSPECTS[protocol] !== "nobody";
    case "crash":
    case "restart":
    case "stream is opened again":
      return allowance.crashes > 0;
    case "database answers":
      return allowance.lateAnswers && !allowance.prepared;
    case "write set arrives":
      return !allowance.prepared || allowance.crashes > 0;
    default:
      return true;
  }
}
