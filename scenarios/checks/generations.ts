/** Generations: what a cluster that heals itself promises of them, whatever fails (mmts 4.1). */
import { type Gid, showGid } from "../../protocol/gid.ts";
import { contains, type NodeId, type NodeSet, toList } from "../../protocol/members.ts";
import type { MembershipRecord } from "../../protocol/records.ts";
import { firstMembers, initialNodes } from "../scenario.ts";
import { type Check, type Findings, holds, notExercised, report } from "./check.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";

const NEVER_ELECTED = "there was only the first generation";

export const oneGeneration: Check = {
  name: "one generation",
  holds: "a number belongs to one generation: everybody that is in it knows the same members",
  source: "mmts 4.1, 9.4 bug 35",
  begin: (scenario) => {
    const findings: Findings = { found: null };
    const known = new Map<number, NodeSet>();
    // Which takes part in no transaction, so that no label names it.
    const referee = initialNodes(scenario) & ~firstMembers(scenario);
    const look = (number: number, all: NodeSet, node: NodeId): void => {
      const members = all & ~referee;
      const before = known.get(number);
      if (before === undefined) known.set(number, members);
      else if (before !== members) {
        report(
          findings,
          `generation ${number} has nodes ${toList(before).join(", ")}, and on node ${node} nodes ${toList(members).join(", ")}`,
        );
      }
    };
    return {
      on: {
        recorded: ({ node, record }) => {
          if (record.kind === "membership") look(record.current.number, record.current.members, node);
        },
        prepared: ({ node, label }) => look(label.generation, label.members, node),
      },
      end: () => findings.found ?? exercised(scenario.membership, known.size > 1),
    };
  },
};

export const promisesKept: Check = {
  name: "votes are promises",
  holds:
    "on every node last_online_in <= current generation <= last_vote, and none of them falls while a vote counts on it",
  source: "mmts 4.1, 4.4, 9.4 bug 35",
  begin: (scenario) => {
    const findings: Findings = { found: null };
    const before: (MembershipRecord | undefined)[] = [];
    let seen = false;
    return {
      on: {
        recorded: ({ node, record }) => {
          if (record.kind !== "membership") return;
          seen = true;
          const wrong = wrongNumbers(record, before[node]);
          if (wrong !== null) report(findings, `node ${node} ${wrong}`);
          before[node] = record;
        },
      },
      end: () => findings.found ?? exercised(scenario.membership, seen),
    };
  },
};

function wrongNumbers(record: MembershipRecord, before: MembershipRecord | undefined): string | null {
  const { current, lastOnlineIn, lastVote } = record;
  if (lastOnlineIn > current.number)
    return `is online in ${lastOnlineIn}, and its generation is ${current.number}`;
  if (current.number > lastVote.number)
    return `is in ${current.number}, and has voted for ${lastVote.number}`;
  if (before === undefined) return null;
  if (lastVote.number < before.lastVote.number) {
    return `has voted for ${before.lastVote.number}, and now for ${lastVote.number}`;
  }
  if (current.number < before.current.number) {
    return `went back from generation ${before.current.number} to ${current.number}`;
  }
  if (lastOnlineIn < before.lastOnlineIn && lastVote.number === before.lastVote.number) {
    return `was online in ${before.lastOnlineIn}, and now only in ${lastOnlineIn}`;
  }
  // What a vote promises: never to come online below it.
  if (lastOnlineIn > before.lastOnlineIn && lastOnlineIn < before.lastVote.number) {
    return `came online in ${lastOnlineIn}, though it had voted for ${before.lastVote.number}`;
  }
  return null;
}

export const generationsInOrder: Check = {
  name: "generations in order",
  holds: "on every node what it votes for in one generation is prepared before it is online in the next",
  source: "mmts 4.1 P1, 9.3 bugs 27 and 34",
  begin: (scenario, ledger) => {
    const findings: Findings = { found: null };
    return {
      on: {
        prepared: ({ node, label }) => {
          const online = ledger.onlineIn[node] ?? 0;
          if (label.recovered || label.generation >= online) return;
          report(
            findings,
            `node ${node} prepared ${showGid(label.gid)} of generation ${label.generation}, and was online in ${online}`,
          );
        },
      },
      end: () => findings.found ?? exercised(scenario.membership, wasElected(ledger)),
    };
  },
};

export const nothingMissed: Check = {
  name: "nothing missed",
  holds: "a node that is online holds every transaction of older generations that commits anywhere",
  source: "mmts 4.1 P2",
  begin: (scenario, ledger) => {
    const findings: Findings = { found: null };
    const committed = new Map<Gid, LedgerEntry>();
    return {
      on: {
        committed: (_fact, entry) => {
          if (entry === null || committed.has(entry.gid)) return;
          committed.set(entry.gid, entry);
          for (let node = 1; node <= scenario.nodes; node++) lookFor(findings, ledger, entry, node);
        },
        recorded: ({ node, record }) => {
          if (record.kind !== "membership" || record.lastOnlineIn !== record.current.number) return;
          for (const entry of committed.values()) lookFor(findings, ledger, entry, node);
        },
      },
      end: () => findings.found ?? exercised(scenario.membership, wasElected(ledger)),
    };
  },
};

function lookFor(findings: Findings, ledger: Ledger, entry: LedgerEntry, node: NodeId): void {
  const online = ledger.onlineIn[node] ?? 0;
  if (entry.generation >= online || contains(entry.prepared, node)) return;
  const which = `${showGid(entry.gid)} of generation ${entry.generation}`;
  report(findings, `node ${node} is online in ${online} without ${which}, which is committed elsewhere`);
}

function wasElected({ onlineIn }: Ledger): boolean {
  return onlineIn.some((number) => number > 1);
}

function exercised(membership: string, was: boolean) {
  if (membership === "fixed") return notExercised("the membership is fixed");
  return was ? holds() : notExercised(NEVER_ELECTED);
}
