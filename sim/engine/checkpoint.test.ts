import { describe, expect, test } from "vitest";
import { findScenario } from "../../scenarios/catalogue/catalogue.ts";
import { parseScenario } from "../../scenarios/scenario.ts";
import { hashOfData } from "./canonical.ts";
import { recordTimeline, seek } from "./checkpoint.ts";
import { showHash } from "./hash.ts";
import { createSimulation, runUntil } from "./simulation.ts";
import type { SimWorld } from "./world.ts";

const UNTIL = 4_000_000;

function storm(): SimWorld {
  const scenario = parseScenario({ ...findScenario("storm"), duration: "4s", commit: "paxos-commit" });
  return createSimulation(scenario, "11", { mode: "in place", keepHistory: true });
}

/** What a person would compare: every node's state and server, and the trace so far. */
function fingerprint(world: SimWorld): string {
  const { machines, events, hash } = world.state;
  return `${events} ${showHash(hash)} ${hashOfData(machines)} ${hashOfData(world.director.state)}`;
}

describe("a timeline", () => {
  const timeline = recordTimeline(storm(), UNTIL, 5_000);

  test("keeps far fewer states than there are events", () => {
    expect(timeline.events).toBeGreaterThan(20_000);
    expect(timeline.checkpoints.length).toBe(1 + Math.floor((timeline.events - 3) / 5_000));
  });

  test("seeks to any event, in any order, and finds what a run from the start finds there", () => {
    const places = [timeline.events, 4, 17_321, 5_003, 5_002, 12_345, 3, 19_999];
    for (const events of places) {
      const fresh = storm();
      runUntil(fresh, Number.POSITIVE_INFINITY, events);
      seek(timeline, events);
      expect(fingerprint(timeline.world)).toBe(fingerprint(fresh));
    }
  });

  test("goes on from where it was put exactly as the first run did", () => {
    seek(timeline, 9_000);
    runUntil(timeline.world, UNTIL);
    const again = fingerprint(timeline.world);
    const fresh = storm();
    runUntil(fresh, UNTIL);
    expect(again).toBe(fingerprint(fresh));
  });

  test("refuses an event that the run never had", () => {
    expect(() => seek(timeline, timeline.events + 1)).toThrow(RangeError);
  });
});
