/**
 * Histories are judged twice: with the versions that the servers name (isolation/), and by lists alone. The lists know
 * less, for instance not what a transaction read whose answer was lost; so they may miss an anomaly, but must never
 * report one that the servers' versions deny, and where they know all, they must come to the same level.
 *
 * One difference is meant. Where two transactions replaced the same version, the servers' versions part and nothing
 * else, which read committed allows; to lists the element that was lost is out of order, which no level allows.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Csn } from "../../../protocol/csn.ts";
import type { Gid } from "../../../protocol/gid.ts";
import type { SimWorld } from "../../../sim/engine/world.ts";
import { runScenario } from "../../../sim/run.ts";
import { LEVELS } from "../../levels.ts";
import { firstMembers, parseScenario } from "../../scenario.ts";
import { createWorkload } from "../../workloads/workloads.ts";
import { CHECKS } from "../checks.ts";
import { checkIsolation, type IsolationReport } from "../isolation/check-isolation.ts";
import { handMade, type Line, REGISTERS, type Step } from "../isolation/hand-made.ts";
import { rowHistory } from "../isolation/row-history.ts";
import { smallHistories } from "../isolation/small-histories.ts";
import { committedTransactions } from "../isolation/transactions.ts";
import { orderVersions } from "../isolation/versions.ts";
import { createLedger, enterFact } from "../ledger.ts";
import { checkListAppend } from "./check-list-append.ts";
import { listAppendOf } from "./from-records.ts";
import type { HistoryReport } from "./judge.ts";

const WORKLOADS = [
  { kind: "pairs", shows: "long fork", readers: 2, think: { kind: "uniform", min: 0, max: 500 } },
  { kind: "pairs", shows: "write skew", readers: 1, think: { kind: "uniform", min: 0, max: 500 } },
  { kind: "bank", accounts: 6, isolation: "repeatable read" },
];
const VARIANTS = [
  { snapshot: "clock-si-committer" },
  { snapshot: "clock-si" },
  { snapshot: "local" },
  { snapshot: "local", commit: "2pc" },
  { snapshot: "clock-si", mutant: "reads-ahead" },
  { snapshot: "clock-si", mutant: "ignores-undecided" },
  { snapshot: "clock-si-committer", mutant: "parallel-committer" },
  { snapshot: "clock-si-committer", mutant: "recomputes-csn" },
  { snapshot: "local", nemesis: { kinds: ["crash", "pause", "cut", "delay"] } },
  { snapshot: "clock-si", nemesis: { kinds: ["crash", "partition", "clock step"] } },
];
const SEEDS = ["1", "2"];

interface Judged {
  readonly servers: IsolationReport;
  readonly lists: HistoryReport;
}

/** Null if the run's history has no form as lists. */
function judgeTwice(input: unknown, seed: string): Judged | null {
  const scenario = parseScenario(input);
  const ledger = createLedger(scenario.commit, firstMembers(scenario));
  let world: SimWorld | null = null;
  runScenario(scenario, seed, {
    mode: "in place",
    checks: CHECKS,
    observe: (fact, at) => void enterFact(ledger, fact, at),
    attach: (created) => {
      world = created;
    },
  });
  const { tables } = createWorkload(scenario.workload, scenario.nodes);
  const history = rowHistory((world as SimWorld | null)!.director.state.history, tables);
  const committed = new Map<Gid, Csn>();
  for (const { gid, csn, committed: nodes } of ledger.entries.values())
    if (nodes !== 0) committed.set(gid, csn);
  const transactions = listAppendOf(history, tables, committed);
  if (transactions === null) return null;
  return {
    servers: checkIsolation(committedTransactions(history, tables, committed), false),
    lists: checkListAppend(transactions),
  };
}

const RUNS = WORKLOADS.flatMap((workload) =>
  VARIANTS.flatMap((variant) => SEEDS.map((seed) => ({ workload, variant, seed }))),
);
const judged = RUNS.map(({ workload, variant, seed }) => {
  const name = `${Object.values(workload).slice(0, 2).join(" ")}, ${JSON.stringify(variant)}, seed ${seed}`;
  const scenario = { name: "two checkers", duration: "400ms", settle: "2s", workload, ...variant };
  return { name, reports: judgeTwice(scenario, seed) };
});

describe.each(judged.filter(({ reports }) => reports !== null))("$name", ({ reports }) => {
  const { lists, servers } = reports!;

  test("what the lists call violated, the servers' versions do too", () => {
    for (const level of LEVELS) {
      if (lists.levels[level] === "violated")
        expect([level, servers.levels[level]]).toEqual([level, "violated"]);
    }
  });

  test("and if every outcome is known, they come to the same level", () => {
    const isDecided = LEVELS.every((level) => lists.levels[level] !== "unknown");
    if (lists.transactions.info === 0 && isDecided) expect(lists.strongest).toBe(servers.strongest);
  });
});

/** Without two events at one moment: lists have one order of events, and moments do not say which. */
function atTimesOfTheirOwn(lines: readonly Line[]): Line[] {
  return lines.map((line, place) => {
    const [began, ended] = line.at!;
    return { ...line, at: [100 * began + place, 100 * ended + 50 + place] };
  });
}

/** Whoever writes a row reads what it replaces, and is told the outcome: then lists tell the order of all versions. */
function tellingAll(lines: readonly Line[]): Line[] {
  return lines.map((line) => {
    const written = line.steps.flatMap((step) => ("write" in step ? [step.write] : []));
    const steps = line.steps.flatMap((step): Step[] => {
      if ("write" in step) return [{ read: step.write, from: step.over }, step];
      return "read" in step && written.includes(step.read) ? [] : [step];
    });
    return { ...line, steps, outcome: "committed" };
  });
}

interface JudgedLines extends Judged {
  readonly isForked: boolean;
}

function judgeLines(lines: readonly Line[]): JudgedLines {
  const units = handMade(atTimesOfTheirOwn(lines));
  const committed = new Map<Gid, Csn>();
  units.commits.gid.forEach((gid, place) => {
    committed.set(gid, units.commits.csn[place]!);
  });
  return {
    servers: checkIsolation(units, false),
    lists: checkListAppend(listAppendOf(units.history, [REGISTERS], committed)!),
    isForked: orderVersions(units).fork !== null,
  };
}

const ABOVE_READ_COMMITTED = LEVELS.slice(0, LEVELS.indexOf("read committed"));

describe("random histories", () => {
  test("what the lists call violated, the servers' versions do too", () => {
    let forks = 0;
    fc.assert(
      fc.property(smallHistories, (lines) => {
        const { isForked, lists, servers } = judgeLines(lines);
        if (isForked) forks += 1;
        for (const level of isForked ? ABOVE_READ_COMMITTED : LEVELS) {
          if (lists.levels[level] === "violated")
            expect([level, servers.levels[level]]).toEqual([level, "violated"]);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(forks).toBeGreaterThan(50);
  });

  test("where lists tell all, both say the same of each level above read committed, lost updates included", () => {
    let forks = 0;
    fc.assert(
      fc.property(smallHistories, (lines) => {
        const { isForked, lists, servers } = judgeLines(tellingAll(lines));
        if (isForked) forks += 1;
        for (const level of ABOVE_READ_COMMITTED) {
          expect([level, lists.levels[level]]).toEqual([level, servers.levels[level]]);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(forks).toBeGreaterThan(50);
  });
});

test("the runs show several levels, and mostly have all outcomes known", () => {
  const both = judged.flatMap(({ reports }) => (reports === null ? [] : [reports]));
  expect(both.length).toBeGreaterThan(RUNS.length / 2);
  expect(new Set(both.map(({ servers }) => servers.strongest)).size).toBeGreaterThanOrEqual(4);
  const known = both.filter(({ lists }) => lists.transactions.info === 0);
  expect(known.length).toBeGreaterThan(RUNS.length / 3);
});
