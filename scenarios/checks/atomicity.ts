/** Atomic commit: what every protocol promises of one transaction. */
import { showGid } from "../../protocol/gid.ts";
import { contains, setOf, toList } from "../../protocol/members.ts";
import { type Check, type EndedRun, type Findings, holds, notExercised, report, violated } from "./check.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";
import { latestConfigured, latestOnline, suspectsTheHealthy } from "./service.ts";

export const oneOutcome: Check = {
  name: "one outcome",
  holds: "no transaction is committed on one node and rolled back on another",
  source: "atomic commitment AC1; mmts 1.9 I1",
  begin: (_scenario, ledger) => {
    const findings: Findings = { found: null };
    const look = (_fact: unknown, entry: LedgerEntry | null): void => {
      if (entry === null || entry.committed === 0 || entry.rolledBack === 0) return;
      report(
        findings,
        `${showGid(entry.gid)} is committed on node ${list(entry.committed)} and rolled back on node ${list(entry.rolledBack)}`,
      );
    };
    return {
      on: { committed: look, rolledBack: look },
      end: () =>
        findings.found ??
        exercisedBy(
          ledger,
          (entry) => (entry.committed | entry.rolledBack) !== 0,
          "no transaction was prepared and ended",
        ),
    };
  },
};

export const allPrepared: Check = {
  name: "all prepared",
  holds: "a transaction commits anywhere only after every member of its generation has prepared it durably",
  source: "mmts 1.9 I2; theory 5.2 I-ALL",
  begin: (_scenario, ledger) => {
    const findings: Findings = { found: null };
    return {
      on: {
        committed: ({ node }, entry) => {
          if (entry === null || (entry.prepared & entry.members) === entry.members) return;
          const missing = list(entry.members & ~entry.prepared);
          report(
            findings,
            `${showGid(entry.gid)} was committed on node ${node}; node ${missing} had not prepared it`,
          );
        },
      },
      end: () =>
        findings.found ?? exercisedBy(ledger, (entry) => entry.committed !== 0, "nothing was committed"),
    };
  },
};

export const sameCsn: Check = {
  name: "same CSN",
  holds: "a transaction has one CSN, the same on every node and after every recovery",
  source: "theory 1.3 C3, 5.6 V4; mmts 9.2 bug 20",
  begin: (_scenario, ledger) => {
    const findings: Findings = { found: null };
    return {
      on: {
        committed: ({ node, csn }, entry) => {
          if (entry === null || entry.csn === csn) return;
          report(findings, `${showGid(entry.gid)} has CSN ${csn} on node ${node} and ${entry.csn} elsewhere`);
        },
      },
      end: () => {
        const onTwo = (entry: LedgerEntry): boolean => (entry.committed & (entry.committed - 1)) !== 0;
        return findings.found ?? exercisedBy(ledger, onTwo, "nothing was committed on two nodes");
      },
    };
  },
};

export const acknowledgedSurvives: Check = {
  name: "acknowledged survives",
  holds: "what a client was told is committed is committed on every node, for ever",
  source: "theory 4.3 check 8; mmts 8.3 point 7",
  begin: (_scenario, ledger) => {
    const acknowledged: number[] = [];
    return {
      on: {
        answered: ({ answer }) => {
          if (answer.type === "committed" && answer.gid !== 0) acknowledged.push(answer.gid);
        },
      },
      end: (run) => {
        for (const gid of acknowledged) {
          const lost = lossOf(run, ledger, gid);
          if (lost !== null) return violated(lost);
        }
        return acknowledged.length > 0 ? holds() : notExercised("no client was told of a commit");
      },
    };
  },
};

function lossOf(run: EndedRun, ledger: Ledger, gid: number): string | null {
  const told = `a client was told that ${showGid(gid)} is committed`;
  const entry = ledger.entries.get(gid);
  if (entry === undefined) return `${told}, though it was never prepared`;
  if (entry.rolledBack !== 0) return `${told}, and node ${list(entry.rolledBack)} rolled it back`;
  // While nodes are down, cut off or at work, the commit may still be on its way to them.
  if (!run.healed || !run.quiet) return null;
  // Every node that is online has it: members, and those that have copied it since.
  const missing = latestOnline(run.nodes).reduce((set, { node }) => set | setOf(node), 0) & ~entry.committed;
  return missing === 0 ? null : `${told}; in the healed cluster node ${list(missing)} has not committed it`;
}

export const nothingInDoubt: Check = {
  name: "nothing in doubt",
  holds: "in a healed cluster that had time to settle, no transaction is prepared and undecided",
  source: "mmts 8.1 (zero rows in pg_prepared_xacts), 10",
  begin: (_scenario, ledger) => ({
    on: {},
    end: (run) => {
      if (!run.healed) return notExercised("a node is down or cut off at the end");
      const nervous = suspectsTheHealthy(run.scenario);
      if (!run.quiet && nervous !== null) return notExercised(nervous);
      const configured = latestConfigured(run.nodes);
      for (const { node, prepared } of run.nodes) {
        const first = prepared[0];
        if (first === undefined || !contains(configured, node)) continue;
        return violated(
          `${showGid(first.gid)} is still prepared on node ${node}, ${run.endedAt} us into the run`,
        );
      }
      return exercisedBy(ledger, () => true, "nothing was prepared");
    },
  }),
};

function exercisedBy(ledger: Ledger, isExercise: (entry: LedgerEntry) => boolean, why: string) {
  for (const entry of ledger.entries.values()) if (isExercise(entry)) return holds();
  return notExercised(why);
}

function list(set: number): string {
  return toList(set).join(", ");
}
