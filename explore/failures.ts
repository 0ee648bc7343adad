/** What a cluster does when nodes fail: scenarios of one failure each, and what the clients of every node got. */
import type { NodeId } from "../protocol/members.ts";
import { type Availability, availabilityOf, type FaultAt, type Service } from "../scenarios/availability.ts";
import { CHECKS } from "../scenarios/checks/checks.ts";
import { unmetExpectations } from "../scenarios/expectations.ts";
import type { Micros } from "../scenarios/history.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import type { SimWorld } from "../sim/engine/world.ts";
import { runScenario } from "../sim/run.ts";

/** Over all seeds. */
export interface FailureRow {
  readonly scenario: string;
  readonly about: string;
  readonly nodes: readonly FailureNode[];
  /** The longest of any run; `usual` of the time before the failure. */
  readonly pauseUs: Micros;
  readonly usualPauseUs: Micros;
  /** Expectations that were not met, with the seed. */
  readonly unmet: readonly string[];
}

export interface FailureNode {
  readonly node: NodeId;
  readonly before: Fared;
  readonly during: Fared;
  readonly after: Fared;
  /** The longest of any run; null if some run did not come to it. */
  readonly backAfterUs: Micros | null;
}

export interface Fared extends Service {
  /**
   * "commits": updates too; "reads only"; "refused": turned away; "nothing": no answer; "-": there was no such time, the
   * failure was over before the cluster can have noticed.
   */
  readonly word: "commits" | "reads only" | "refused" | "nothing" | "-";
}

export interface FailuresRequest {
  readonly scenarios: readonly Scenario[];
  readonly seeds: readonly string[];
  readonly progress?: (share: number, what: string) => void;
}

export function runFailures({ scenarios, seeds, progress }: FailuresRequest): FailureRow[] {
  let done = 0;
  return scenarios.map((scenario) => {
    const unmet: string[] = [];
    const runs = seeds.map((seed) => {
      progress?.(done / (scenarios.length * seeds.length), `${scenario.name}, seed ${seed}`);
      done += 1;
      const { availability, broken } = watchRun(scenario, seed);
      unmet.push(...broken.map((sentence) => `seed ${seed}: ${sentence}`));
      return availability;
    });
    return addUp(scenario, runs, unmet);
  });
}

/** One run with all checks on. */
function watchRun(scenario: Scenario, seed: string): { availability: Availability; broken: string[] } {
  const faults: FaultAt[] = [];
  const seen: { world: SimWorld | null } = { world: null };
  const result = runScenario(scenario, seed, {
    mode: "in place",
    checks: CHECKS,
    observe: (fact, at) => {
      if (fact.type === "fault") faults.push({ at, fault: fact.fault, forUs: fact.forUs });
    },
    attach: (world) => {
      seen.world = world;
    },
  });
  const history = seen.world?.director.state.history ?? { transactions: [] };
  return {
    availability: availabilityOf(scenario, history, faults),
    broken: unmetExpectations(scenario, result),
  };
}

function addUp(scenario: Scenario, runs: readonly Availability[], unmet: readonly string[]): FailureRow {
  const nodes = Array.from({ length: scenario.nodes }, (_, index): FailureNode => {
    const of = runs.map((run) => run.nodes[index]);
    const back = of.map((one) => one?.backAfterUs ?? null);
    return {
      node: index + 1,
      before: fared(of.map((one) => one?.before ?? null)),
      during: fared(of.map((one) => one?.during ?? null)),
      after: fared(of.map((one) => one?.after ?? null)),
      backAfterUs: back.reduce(longer, 0),
    };
  });
  return {
    scenario: scenario.name,
    about: scenario.about,
    nodes,
    pauseUs: Math.max(...runs.map((run) => run.pauseUs)),
    usualPauseUs: Math.max(...runs.map((run) => run.usualPauseUs)),
    unmet,
  };
}

function longer(one: Micros | null, other: Micros | null): Micros | null {
  return one === null || other === null ? null : Math.max(one, other);
}

function fared(services: readonly (Service | null)[]): Fared {
  const known = services.filter((service) => service !== null);
  const sum = (field: keyof Service): number => known.reduce((total, service) => total + service[field], 0);
  const total = {
    asked: sum("asked"),
    committed: sum("committed"),
    updates: sum("updates"),
    refused: sum("refused"),
  };
  return { ...total, word: known.length === 0 ? "-" : wordFor(total) };
}

function wordFor({ committed, updates, refused }: Service): Fared["word"] {
  if (updates > 0) return "commits";
  if (committed > 0) return "reads only";
  return refused > 0 ? "refused" : "nothing";
}
