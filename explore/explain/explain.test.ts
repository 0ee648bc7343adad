import { describe, expect, test } from "vitest";
import { parseScenario } from "../../scenarios/scenario.ts";
import { tellStory } from "./story.ts";
import { findTurningPoint } from "./turning-point.ts";

/** 3PC with timeouts as short as a trip and a network that loses messages: small, and found by a sweep. */
const hasty = parseScenario({
  name: "hasty",
  membership: "fixed",
  commit: "3pc",
  duration: "200ms",
  workload: { kind: "bank", accounts: 18, transfers: 1, totals: 0, nodes: [2, 3], operations: 1 },
  protocol: { heartbeat: "3ms" },
  network: { loss: 0.1 },
});

const partition = parseScenario({
  name: "partition",
  commit: "3pc",
  snapshot: "local",
  duration: "1s",
  workload: { kind: "register", nodes: [1], operations: 1, start: "300ms" },
  faults: [
    {
      when: { on: { node: 1, site: "second phase", when: "after" } },
      fault: { kind: "partition", groups: [[1, 2], [3]] },
      forUs: "5s",
    },
  ],
});

describe("the story of a failing run", () => {
  const story = tellStory(partition, "1");
  const told = story?.lines.map(({ node, what }) => (node === 0 ? what : `node ${node} ${what}`)) ?? [];

  test("is about the transactions that the evidence names, in order of time", () => {
    expect(story?.cause.check).toBe("one outcome");
    expect(story?.transactions).toEqual(["1:1"]);
    const times = story?.lines.map(({ at }) => at) ?? [];
    expect(times).toEqual([...times].sort((one, other) => one - other));
  });

  test("tells what broke between what, and both outcomes", () => {
    const places = [
      "node 1 tells node 2: precommit 1:1",
      "fault: partition into {1, 2} and {3} for 5 s",
      "node 3 notes: node 1 is suspected",
      "node 1 has committed 1:1",
      "node 3 has rolled back 1:1",
    ].map((start) => told.findIndex((line) => line.startsWith(start)));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((one, other) => one - other));
  });

  test("tells when a node is not online any more, and why, and when it is again", () => {
    const turns = told.filter((line) => line.includes("is now in state"));
    expect(turns).toContain("node 1 is now in state isolated: its link to node 3 is down");
    expect(turns.at(-1)).toBe("node 3 is now in state online");
  });

  test("tells nothing twice", () => {
    const notes = told.filter((line) => line.includes("notes:") || line.includes("tells"));
    expect(new Set(notes).size).toBe(notes.length);
  });

  test("of a run in which nothing fails is none", () => {
    expect(tellStory(parseScenario({ name: "sound", duration: "50ms" }), "1")).toBe(null);
  });
});

describe("the step after which a run could no longer end well", () => {
  test("is there where chance decides, and lies before the outcomes differ", () => {
    const story = tellStory(hasty, "1");
    if (story === null) throw new Error("the run does not fail");
    const turning = findTurningPoint(hasty, "1", { events: story.events, check: story.cause.check }, 6);
    const rolledBack = story.lines.find(({ what }) => what.startsWith("has rolled back"));
    expect(turning.event).toBeGreaterThan(0);
    expect(turning.event).toBeLessThan(rolledBack?.event ?? 0);
    expect(turning.step?.what).toMatch(/2:1/);
  });

  test("is the start where the scenario alone is enough", () => {
    const story = tellStory(partition, "1");
    const turning = findTurningPoint(partition, "1", { events: story?.events ?? 0, check: "one outcome" }, 4);
    expect(turning).toEqual({ event: 0, step: null, branches: 4 });
  });
});
