/** Runs all checks over one run: takes its facts as they happen, and gives the verdicts when it has ended. */
import type { Fact, FactType } from "../facts.ts";
import type { Micros } from "../history.ts";
import { firstMembers, type Scenario } from "../scenario.ts";
import type { Check, EndedRun, Finding, Watch } from "./check.ts";
import { closeLedger, createLedger, enterFact, type Ledger, type LedgerEntry } from "./ledger.ts";

export interface Examiner {
  readonly ledger: Ledger;
  /** Facts must come in the order in which they happened. */
  take(fact: Fact, at: Micros): void;
  end(run: EndedRun): ReadonlyMap<string, Finding>;
}

type Watcher = (fact: Fact, entry: LedgerEntry | null, at: Micros) => void;

export function createExaminer(checks: readonly Check[], scenario: Scenario): Examiner {
  const ledger = createLedger(scenario.commit, firstMembers(scenario));
  const watches = checks.map((check) => [check.name, check.begin(scenario, ledger)] as const);
  const watchers = byType(watches.map(([, watch]) => watch));
  return {
    ledger,
    take: (fact, at) => {
      const entry = enterFact(ledger, fact, at);
      const interested = watchers[fact.type];
      if (interested === undefined) return;
      for (const watcher of interested) watcher(fact, entry, at);
    },
    end: (run) => {
      closeLedger(ledger, run.endedAt);
      return new Map(watches.map(([name, watch]) => [name, watch.end(run)]));
    },
  };
}

/** So that a fact costs only the checks that watch its type. */
function byType(watches: readonly Watch[]): Partial<Record<FactType, Watcher[]>> {
  const watchers: Partial<Record<FactType, Watcher[]>> = {};
  for (const { on } of watches) {
    for (const type of Object.keys(on) as FactType[]) {
      const list = watchers[type] ?? [];
      watchers[type] = list;
      list.push(on[type] as Watcher);
    }
  }
  return watchers;
}
