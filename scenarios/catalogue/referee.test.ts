/** Who commits while a referee decides: the assertions of the original's tests, made exact (mmts 8.3). */
import { expect, test } from "vitest";
import { runScenario } from "../../sim/run.ts";
import { CHECKS } from "../checks/checks.ts";
import { unmetExpectations } from "../expectations.ts";
import { parseScenario } from "../scenario.ts";
import { REFEREE } from "./referee.ts";

/** Seconds, and which of the two nodes commit updates in all of it that is left when the failure has been noticed. */
type Window = readonly [from: number, to: number, working: readonly number[]];

const WINDOWS: Readonly<Record<string, readonly Window[]>> = {
  "referee-node-crash": [
    [0, 2, [1, 2]],
    [3.5, 5, [1]],
    [7, 8, [1, 2]],
  ],
  "referee-partition": [
    [0, 2, [1, 2]],
    [3.5, 5, [1]],
    [7, 8, [1, 2]],
  ],
  "referee-edge": [
    [0, 2, [1, 2]],
    [3.5, 5, [1]],
    [7, 8, [1, 2]],
  ],
  "referee-double-failure": [
    [3.5, 4, [1]],
    [6, 8, [1, 2]],
    [9.5, 10, [2]],
    [11.6, 12, [1, 2]],
  ],
  "referee-winner-restart": [
    [3.5, 4, [2]],
    // The referee is gone, and has not been asked.
    [7, 9, [2]],
    [11.7, 12, [1, 2]],
  ],
  "referee-loser-alone": [
    [3.5, 5, [2]],
    [7, 9, []],
    [11.5, 12, [1, 2]],
  ],
  "referee-consequent-shutdown": [
    [3.5, 5, [2]],
    // Node 1 alone, then both without the referee.
    [6.5, 8, []],
    [10, 10.5, [1, 2]],
    [12, 14, [1, 2]],
  ],
};

test.each(REFEREE)("$name: who commits when", (input) => {
  const scenario = parseScenario(input);
  const commits: { at: number; node: number }[] = [];
  const result = runScenario(scenario, "1", {
    mode: "in place",
    checks: CHECKS,
    observe: (fact, at) => {
      if (fact.type !== "answered" || fact.answer.type !== "committed" || fact.answer.gid === 0) return;
      commits.push({ at: at / 1_000_000, node: fact.node });
    },
  });
  expect(unmetExpectations(scenario, result)).toEqual([]);
  const found = (WINDOWS[input.name] ?? []).map(([from, to]) => {
    const within = commits.filter(({ at }) => at > from && at < to).map(({ node }) => node);
    return [from, to, [...new Set(within)].sort()];
  });
  expect(found).toEqual(WINDOWS[input.name]);
});
