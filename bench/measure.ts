/**
 * One measurement in a process of its own, so that nothing else has shaped the code that the engine compiles. Prints
 * JSON: {events, seconds}, the best of several rounds.
 */
import { CHECKS } from "../scenarios/checks/checks.ts";
import { parseScenario, type Scenario } from "../scenarios/scenario.ts";
import { createQueue, pop, push } from "../sim/engine/queue.ts";
import { createSimulation, runUntil } from "../sim/engine/simulation.ts";
import { runScenario } from "../sim/run.ts";

interface Measured {
  readonly events: number;
  readonly seconds: number;
}

const SETUPS = {
  "2pc": { commit: "2pc", snapshot: "local" },
  e3pc: { commit: "e3pc", snapshot: "clock-si-committer" },
} as const;

const [what = "", setup = "2pc", size = "3"] = process.argv.slice(2);

/** The bank without pauses, on enough accounts that most transfers do not meet. */
function bank(durationMs: number, nodes = 3): Scenario {
  return parseScenario({
    name: "bench",
    nodes,
    ...SETUPS[setup as keyof typeof SETUPS],
    duration: `${durationMs}ms`,
    workload: { kind: "bank", accounts: 1_000, transfers: 4, totals: 0, think: 0, order: "ascending" },
  });
}

function main(): unknown {
  switch (what) {
    case "bare loop":
      return bestOf(5, bareLoop);
    case "in place":
      return bestOf(5, () => run(bank(3_000), "in place"));
    case "reduce":
      return bestOf(3, () => run(bank(150), "reduce"));
    case "in place, all checks":
      return bestOf(5, () => runChecked(bank(1_500)));
    case "nodes":
      return bestOf(3, () => run(bank(1_200, Number(size)), "in place"));
    case "long run":
      return longRun(Number(size));
    default:
      throw new Error(`nothing is measured as "${what}"`);
  }
}

/** Pops the queue, calls one handler, pushes one event: as many pending, and as far ahead, as in the bank run. */
function bareLoop(): Measured {
  const PENDING = 64;
  const EVENTS = 5_000_000;
  const queue = createQueue();
  let handled = 0;
  const handler = (kind: number): number => {
    handled += 1;
    return 20 + ((handled * 7_919 + kind) & 511);
  };
  for (let index = 0; index < PENDING; index++) push(queue, index, 1, index, null);
  const seconds = timed(() => {
    for (let index = 0; index < EVENTS; index++) {
      pop(queue, Number.MAX_SAFE_INTEGER);
      push(queue, queue.time + handler(queue.kind), queue.kind, queue.target, queue.payload);
    }
  });
  return { events: handled, seconds };
}

function run(scenario: Scenario, mode: "in place" | "reduce"): Measured {
  const world = createSimulation(scenario, "1", { mode, keepHistory: false });
  const seconds = timed(() => runUntil(world, scenario.duration));
  return { events: world.state.events, seconds };
}

/** With the history kept and every check on, up to the verdicts. */
function runChecked(scenario: Scenario): Measured {
  let events = 0;
  const seconds = timed(() => {
    events = runScenario(scenario, "1", { mode: "in place", checks: CHECKS }).events;
  });
  return { events, seconds };
}

/** Memory, and the cost of an event, along a run of many millions. */
function longRun(millions: number) {
  const world = createSimulation(bank(1e9), "1", { mode: "in place", keepHistory: false });
  const parts: { events: number; seconds: number; heapMb: number; finished: number }[] = [];
  for (let part = 0; part < 10; part++) {
    const before = world.state.events;
    const target = before + millions * 100_000;
    const seconds = timed(() => runUntil(world, Number.MAX_SAFE_INTEGER, target));
    globalThis.gc?.();
    parts.push({
      events: world.state.events - before,
      seconds,
      heapMb: Math.round(process.memoryUsage().heapUsed / 1e5) / 10,
      finished: world.director.state.ended.committed,
    });
  }
  return parts;
}

/** The first round warms up. */
function bestOf(rounds: number, measure: () => Measured): Measured {
  measure();
  let best = measure();
  for (let round = 1; round < rounds; round++) {
    const next = measure();
    if (next.events / next.seconds > best.events / best.seconds) best = next;
  }
  return best;
}

function timed(work: () => void): number {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1_000;
}

process.stdout.write(`${JSON.stringify(main())}\n`);
