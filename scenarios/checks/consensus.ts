/** Paxos on the outcome: what E3PC and Paxos Commit rest on, checked on what the acceptors made durable. */
import { showGid } from "../../protocol/gid.ts";
import { majority, size, toList } from "../../protocol/members.ts";
import { ballotOf, INITIAL_TERM, makeTerm, type Term } from "../../protocol/messages.ts";
import { isQuorum } from "./acceptors.ts";
import { type Check, type Findings, holds, notExercised, report, type Watch } from "./check.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";

export const oneValuePerTerm: Check = {
  name: "one value per term",
  holds: "all values accepted for one transaction in one term are equal",
  source: "mmts 1.9 I3; Lamport, The Part-Time Parliament, B1",
  begin: (_scenario, ledger) =>
    watchAcceptors(ledger, (findings, { gid, acceptors: { acceptances, touched } }) => {
      for (const one of touched) {
        for (const other of acceptances) {
          if (one.instance !== other.instance || one.term !== other.term || one.value === other.value)
            continue;
          report(
            findings,
            `${showGid(gid)}: in term ${showTerm(one.term)} node ${toList(one.nodes).join(", ")} accepted ` +
              `${showValue(one.value)} and node ${toList(other.nodes).join(", ")} ${showValue(other.value)}`,
          );
        }
      }
    }),
};

export const chosenStays: Check = {
  name: "chosen stays",
  holds:
    "once a majority has accepted a value in a term, every value accepted in a higher term is that value",
  source: "mmts 1.9 I4; Lamport, The Part-Time Parliament, B3",
  begin: (_scenario, ledger) =>
    watchAcceptors(ledger, (findings, entry) => {
      const { gid, acceptors } = entry;
      const { acceptances, touched } = acceptors;
      for (const one of touched) {
        for (const other of acceptances) {
          const [chosen, later] = one.term < other.term ? [one, other] : [other, one];
          if (chosen.instance !== later.instance || chosen.value === later.value) continue;
          if (chosen.term === later.term || !isQuorum(ledger.commit, entry, chosen.nodes)) continue;
          report(
            findings,
            `${showGid(gid)}: nodes ${toList(chosen.nodes).join(", ")} chose ${showValue(chosen.value)} in term ` +
              `${showTerm(chosen.term)}; node ${toList(later.nodes).join(", ")} accepted ${showValue(later.value)} ` +
              `in term ${showTerm(later.term)}`,
          );
        }
      }
    }),
};

export const promisesRise: Check = {
  name: "promises rise",
  holds: "at every acceptor promised >= accepted, and both only rise, also across restarts",
  source: "mmts 1.9 I5; Lamport, Paxos Made Simple, P1a",
  begin: (_scenario, ledger) =>
    watchAcceptors(ledger, (findings, { gid, acceptors }) => {
      if (acceptors.wentBack !== null) report(findings, `${showGid(gid)}: ${acceptors.wentBack}`);
    }),
};

export const noAbortByRight: Check = {
  name: "no abort by right",
  holds: "a coordinator whose own proposal to commit is durable rolls back only if a majority accepted abort",
  source: "mmts 1.9 I6",
  begin: (_scenario, ledger) => {
    const findings: Findings = { found: null };
    return {
      on: {
        rolledBack: ({ node }, entry) => {
          if (entry === null || node !== entry.coordinator || !hasProposed(entry) || isAbortChosen(entry))
            return;
          report(
            findings,
            `node ${node} rolled back its own ${showGid(entry.gid)} after its proposal to commit was durable`,
          );
        },
      },
      end: () => {
        if (findings.found !== null) return findings.found;
        for (const entry of ledger.entries.values()) if (hasProposed(entry)) return holds();
        return notExercised("no coordinator logged a proposal to commit");
      },
    };
  },
};

/** Looks at a transaction whenever one of its acceptors may have made something durable. */
function watchAcceptors(ledger: Ledger, look: (findings: Findings, entry: LedgerEntry) => void): Watch {
  const findings: Findings = { found: null };
  const watch = (_fact: unknown, entry: LedgerEntry | null): void => {
    if (entry !== null) look(findings, entry);
  };
  const onVotes = ledger.commit === "paxos-commit" ? { sent: watch, committed: watch } : {};
  return {
    on: { recorded: watch, ...onVotes },
    end: () => {
      if (findings.found !== null) return findings.found;
      for (const { acceptors } of ledger.entries.values()) {
        if (acceptors.acceptances.length > 0) return holds();
      }
      return notExercised("no acceptor accepted anything");
    },
  };
}

/** E3PC: its proposal in its own term is in its log. */
function hasProposed({ coordinator, acceptors }: LedgerEntry): boolean {
  return (acceptors.accepted[coordinator] ?? 0) >= INITIAL_TERM && isProposal(coordinator, acceptors);
}

function isProposal(coordinator: number, { acceptances }: LedgerEntry["acceptors"]): boolean {
  return acceptances.some(
    ({ instance, term, value, nodes }) =>
      instance === 0 && term === INITIAL_TERM && value !== 0 && toList(nodes).includes(coordinator),
  );
}

function isAbortChosen({ members, acceptors }: LedgerEntry): boolean {
  return acceptors.acceptances.some(({ value, nodes }) => value === 0 && size(nodes) >= majority(members));
}

function showTerm(term: Term): string {
  return `(${ballotOf(term)}, ${term - makeTerm(ballotOf(term), 0)})`;
}

function showValue(value: number): string {
  return value === 0 ? "abort" : `commit at ${value}`;
}
