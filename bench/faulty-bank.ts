/** What sweeps are measured on: the bank on three nodes, two movers of money and one reader of the total on each, and faults. */
import { parseScenario, type Scenario } from "../scenarios/scenario.ts";

export const VIRTUAL_SECONDS = 10;

/** `think`: how long clients rest between transactions, in milliseconds. */
export function faultyBank(think: readonly [min: number, max: number]): Scenario {
  const [min, max] = think;
  return parseScenario({
    name: "bench",
    duration: `${VIRTUAL_SECONDS}s`,
    workload: { kind: "bank", think: { kind: "uniform", min: `${min}ms`, max: `${max}ms` } },
    nemesis: { kinds: ["crash", "pause", "cut", "partition", "clock step", "slow fsync", "delay"] },
  });
}
