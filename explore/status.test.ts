import { describe, expect, test } from "vitest";
import { findScenario } from "../scenarios/catalogue/catalogue.ts";
import { parseScenario } from "../scenarios/scenario.ts";
import { statusAt } from "./status.ts";

/** By node. */
function statesAt(name: string, seconds: number): string[] {
  const scenario = parseScenario(findScenario(name));
  return statusAt(scenario, "1", seconds * 1_000_000).map(({ state }) => state);
}

describe("what every node of a run was at a moment", () => {
  test("follows a node that dies and comes back", () => {
    expect(statesAt("kill-start", 1)).toEqual(["online", "online", "online"]);
    expect(statesAt("kill-start", 4)).toEqual(["online", "online", "down"]);
    expect(statesAt("kill-start", 6)).toEqual(["online", "online", "catchup"]);
    expect(statesAt("kill-start", 8)).toEqual(["online", "online", "online"]);
  });

  test("shows who is frozen, who is cut off, and a cluster in which nobody works", () => {
    expect(statesAt("freeze", 4.5)).toEqual(["online", "frozen", "online"]);
    expect(statesAt("node-partition", 4.5)).toEqual(["online", "online", "isolated"]);
    expect(statesAt("majority-ring", 4.5)).toEqual(Array(4).fill("isolated"));
  });
});
