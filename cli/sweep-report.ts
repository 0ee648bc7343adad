/** What a sweep found, in words. */
import { expectedCoverage } from "../explore/sweep/coverage.ts";
import { describeDrawn } from "../explore/sweep/swarm.ts";
import { failedSeeds, type SweepRequest } from "../explore/sweep/sweep.ts";
import { scenarioOfSeed } from "../explore/sweep/sweep-seed.ts";
import { failuresOf, seedsDone, shareBelow, type Tally } from "../explore/sweep/tally.ts";
import { showMicros } from "../scenarios/durations.ts";
import { LEVELS } from "../scenarios/levels.ts";
import { EXIT } from "./exit.ts";
import { paint } from "./report.ts";
import { replayCommandFor } from "./run.ts";
import type { Setting } from "./scenario-argument.ts";

/** A sweep and what it came to so far. */
export interface ReportedSweep {
  readonly name: string;
  readonly settings: readonly Setting[];
  readonly request: SweepRequest;
  readonly tally: Tally;
}

/** What a sweep came to, for --json and for people; `resumable` is the file to go on from, if it was cut short. */
export function reportOf({ name, settings, request, tally }: ReportedSweep, resumable: string | null) {
  const expected = expectedCoverage(request.scenario);
  return {
    scenario: request.scenario.name,
    commit: request.scenario.commit,
    snapshot: request.scenario.snapshot,
    seeds: { first: request.first, last: request.last, done: seedsDone(tally) },
    swarm: request.swarm,
    failed: failedSeeds(tally),
    causes: failuresOf(tally).map(({ cause, count, quickest }) => ({
      cause,
      count,
      seeds: quickest.map(({ seed }) => seed),
      evidence: quickest[0]?.evidence ?? "",
      drawn: describeSeed(request, quickest[0]?.seed ?? ""),
      replay: replayOf(name, settings, request, quickest[0]?.seed ?? ""),
    })),
    verdicts: tally.verdicts,
    isolation: tally.isolation,
    expected: expected.length,
    neverReached: expected.filter((what) => tally.reached[what] === undefined),
    reached: tally.reached,
    blocked: tally.blocked,
    latencyUs: percentiles(tally.latencyUs),
    inDoubtUs: percentiles(tally.inDoubtUs),
    eventsOfRuns: percentiles(tally.eventsOfRuns),
    events: tally.events,
    virtualUs: tally.virtualUs,
    busyMs: Math.round(tally.busyMs),
    runTwice: tally.runTwice,
    differing: tally.differing,
    resumable,
  };
}

type SweepReport = ReturnType<typeof reportOf>;

export function exitCodeOf({ failed, differing }: SweepReport): number {
  return failed === 0 && differing.length === 0 ? EXIT.held : EXIT.violated;
}

function percentiles(histogram: Readonly<Record<string, number>>) {
  return {
    median: shareBelow(histogram, 0.5),
    p99: shareBelow(histogram, 0.99),
    max: shareBelow(histogram, 1),
  };
}

function describeSeed(request: SweepRequest, seed: string): string {
  if (!request.swarm) return "";
  return describeDrawn(request.scenario, scenarioOfSeed({ ...request, seed }));
}

function replayOf(name: string, settings: readonly Setting[], request: SweepRequest, seed: string): string {
  return `${replayCommandFor(name, seed, settings)}${request.swarm ? " --swarm" : ""}`;
}

/** `goOn`: the command that goes on where it was cut short; null if it was not. */
export function describeSweep(report: SweepReport, request: SweepRequest, goOn: string | null): string {
  const { seeds, failed } = report;
  const lines = [
    `${paint("bold", report.scenario)}  ${report.commit}, ${report.snapshot}; ${seeds.done} of ${seeds.last - seeds.first + 1} seeds, ${request.swarm ? "each a cluster of its own" : "the scenario as it is"}`,
    `  ${report.events} events in ${showMicros(report.virtualUs)} of virtual time`,
    "",
    ...verdictLines(report),
    "",
    // Strongest first: seeds end in any order.
    `  isolation reached: ${LEVELS.filter((level) => report.isolation[level] !== undefined)
      .map((level) => `${level} ${report.isolation[level]}`)
      .join(", ")}`,
    `  ${spread("median commit latency of a run", report.latencyUs)}`,
    `  ${spread("longest in doubt in a run", report.inDoubtUs)}`,
    `  events of a run: half at most ${report.eventsOfRuns.median ?? "-"}, all at most ${report.eventsOfRuns.max ?? "-"}`,
    `  blocked at the end: ${report.blocked}`,
    `  reached: ${report.expected - report.neverReached.length} of ${report.expected} messages, records, answers, notes, rules, stages and faults`,
    ...(report.neverReached.length === 0 ? [] : [`  never reached: ${report.neverReached.join(", ")}`]),
    ...determinismLines(report),
    "",
    failed === 0 ? `  ${paint("green", "no seed failed")}` : `  ${paint("red", `${failed} seeds failed`)}`,
    ...report.causes.flatMap(({ count, seeds: failing, evidence, drawn, replay }) => [
      `    ${count} by: ${evidence}`,
      ...(drawn === "" ? [] : [paint("dim", `      ${drawn}`)]),
      `      seeds ${failing.join(", ")}${count > failing.length ? ", ..." : ""}; the quickest: ${replay}`,
    ]),
    ...(goOn === null ? [] : ["", `  not all were run; go on with: ${goOn}`]),
  ];
  return `${lines.join("\n")}\n`;
}

function verdictLines({ verdicts }: SweepReport): string[] {
  return Object.entries(verdicts).map(([check, counts]) => {
    const violated = counts.violated > 0 ? paint("red", `violated ${counts.violated}`) : "";
    return `  ${check.padEnd(22)} holds ${String(counts.holds).padStart(6)}  not exercised ${String(counts["not exercised"]).padStart(6)}  ${violated}`.trimEnd();
  });
}

function spread(name: string, of: { median: number | null; p99: number | null; max: number | null }): string {
  const show = (us: number | null): string => (us === null ? "-" : showMicros(us));
  return `${name}: half at most ${show(of.median)}, 99% at most ${show(of.p99)}, all at most ${show(of.max)}`;
}

function determinismLines({ runTwice, differing }: SweepReport): string[] {
  if (runTwice === 0) return [];
  if (differing.length === 0) return [`  ${runTwice} seeds run twice, exactly the same event by event`];
  return differing.map(({ seed, differs }) => paint("red", `  seed ${seed} differs from itself: ${differs}`));
}
