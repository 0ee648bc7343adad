import { describe, expect, test } from "vitest";
import type { Answer } from "../protocol/client.ts";
import { showGid } from "../protocol/gid.ts";
import { contains } from "../protocol/members.ts";
import { findScenario } from "../scenarios/catalogue/catalogue.ts";
import { parseScenario } from "../scenarios/scenario.ts";
import { runScenario } from "./run.ts";

type Abort = Extract<Answer, { type: "aborted" }> & { readonly at: number };

function abortsOf(name: string): Abort[] {
  const aborts: Abort[] = [];
  const scenario = parseScenario({ ...findScenario(name), duration: "4s" });
  const observe: Parameters<typeof runScenario>[2]["observe"] = (fact) => {
    if (fact.type === "answered" && fact.answer.type === "aborted")
      aborts.push({ ...fact.answer, at: fact.node });
  };
  runScenario(scenario, "1", { mode: "in place", checks: [], observe });
  return aborts;
}

describe("every abort that a client is told of in a run", () => {
  const aborts = ["storm", "crossing-updates", "node-partition", "nervous", "two-of-five"].flatMap(abortsOf);

  test("has a node, and peers that are others", () => {
    for (const { reason } of aborts) {
      expect(reason.node).toBeGreaterThan(0);
      expect(contains(reason.peers, reason.node)).toBe(false);
    }
  });

  test("says its node, peers, rule and gid in words, unless its node does not let clients in", () => {
    for (const { reason, gid, error, at } of aborts) {
      const isTurnedAway = error.code === "57P03";
      if (isTurnedAway) expect(error.message).toBe(`node ${at}: ${reason.detail}`);
      else expect(error.message).toContain(`${reason.rule} (node ${reason.node}`);
      if (gid !== 0) expect(error.message).toContain(`transaction ${showGid(gid)} `);
    }
  });

  test("names a peer, unless an older transaction of the same node waits, or a node is about to be online", () => {
    expect(new Set(aborts.map(({ reason }) => reason.rule)).size).toBeGreaterThan(4);
    const lonely = aborts.filter(({ reason }) => reason.peers === 0).map(({ reason }) => reason.rule);
    expect(lonely.filter((rule) => rule !== "wounded" && rule !== "not online")).toEqual([]);
  });
});
