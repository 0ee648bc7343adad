/**
 * What a check is: one thing that must hold in every run, and how it is told that it did not.
 *
 * A check watches facts as they happen, after every event, and looks at the run once more when it has ended. It has a
 * third verdict: a run in which what it is about never happened is no pass.
 */
import type { PrepareLabel, Row, TableDefinition } from "../../protocol/database.ts";
import type { Gid } from "../../protocol/gid.ts";
import type { NodeId } from "../../protocol/members.ts";
import type { NodeState } from "../../protocol/state.ts";
import type { FactOf, FactType } from "../facts.ts";
import type { History, Micros } from "../history.ts";
import type { Scenario } from "../scenario.ts";
import type { IsolationReport } from "./isolation/check-isolation.ts";
import type { PrefixReport } from "./isolation/prefix.ts";
import type { Verdict } from "./isolation/verdict.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";

/** `evidence`: the fewest sentences that prove a violation; or why it was not exercised. */
export interface Finding {
  readonly verdict: Verdict;
  readonly evidence: readonly string[];
}

export interface Check {
  readonly name: string;
  /** What must hold, in a sentence. */
  readonly holds: string;
  readonly source: string;
  begin(scenario: Scenario, ledger: Ledger): Watch;
}

export interface Watch {
  /** Called after the ledger has taken the fact; `entry` is the fact's transaction, if it has one. */
  readonly on: Partial<Watchers>;
  end(run: EndedRun): Finding;
}

export type Watchers = {
  readonly [Type in FactType]: (fact: FactOf<Type>, entry: LedgerEntry | null, at: Micros) => void;
};

/** A run that is over, as the world knows it. */
export interface EndedRun {
  readonly scenario: Scenario;
  readonly endedAt: Micros;
  readonly history: History;
  /** By node; entry 0 is unused. */
  readonly nodes: readonly EndedNode[];
  /** Every node is up and hears every other. */
  readonly healed: boolean;
  /** No transaction is under way anywhere, as far as nodes are up. */
  readonly quiet: boolean;
  /** What the history says of isolation; worked out when it is first asked for. */
  isolation(): IsolationReport;
  prefix(): PrefixReport;
  /** The reducer's own complaint, if it threw; the run ended there. */
  readonly violation: string | null;
  canHear(from: NodeId, to: NodeId): boolean;
}

export interface EndedNode {
  readonly node: NodeId;
  readonly up: boolean;
  readonly paused: boolean;
  readonly state: NodeState;
  /** The tables that are replicated, */
  readonly tables: readonly EndedTable[];
  /** and all that is defined, in words. */
  readonly schema: readonly string[];
  readonly prepared: readonly PrepareLabel[];
}

/** Committed rows in order of key, each with the gid that wrote it. */
export interface EndedTable {
  readonly definition: TableDefinition;
  readonly rows: readonly { readonly row: Row; readonly version: Gid }[];
}

export function holds(): Finding {
  return { verdict: "holds", evidence: [] };
}

export function violated(...evidence: string[]): Finding {
  return { verdict: "violated", evidence };
}

export function notExercised(why: string): Finding {
  return { verdict: "not exercised", evidence: [why] };
}

/** Keeps the first violation that a watch comes across. */
export interface Findings {
  found: Finding | null;
}

export function report(findings: Findings, ...evidence: string[]): void {
  findings.found ??= violated(...evidence);
}
