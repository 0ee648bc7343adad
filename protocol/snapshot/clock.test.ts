import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Context } from "../context.ts";
import type { NodeState } from "../state.ts";
import { type Bench, createBench, START } from "../testing.ts";
import { believe, compareClocks, keepAbove, nextSnapshot, nextStamp, restoreClock } from "./clock.ts";

/** A context that only remembers the durable marks. */
function contextOf(marks: number[]): Context {
  return {
    emit: (effect) => {
      if (effect.type === "persist" && effect.record.kind === "clock") marks.push(effect.record.highWater);
    },
  } as Context;
}

function read(node: NodeState, reading: number): void {
  node.reading = reading;
  node.now = believe(node, reading);
}

const action = fc.oneof(
  fc.record({ type: fc.constant("stamp" as const), moves: fc.integer({ min: -5_000, max: 5_000 }) }),
  fc.record({ type: fc.constant("snapshot" as const), moves: fc.integer({ min: -5_000, max: 5_000 }) }),
  fc.record({ type: fc.constant("commit" as const), moves: fc.integer({ min: -5_000, max: 500_000 }) }),
  fc.record({ type: fc.constant("restart" as const), moves: fc.integer({ min: -1_000_000, max: 5_000 }) }),
);

describe("stamps", () => {
  test("are greater than every stamp, snapshot and committed CSN before, whatever the clock does and across restarts", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const marks: number[] = [0];
        const context = contextOf(marks);
        let bench: Bench = createBench();
        let reading = START;
        let highest = 0;
        let lastSnapshot = 0;
        for (const { type, moves } of actions) {
          reading += moves;
          read(bench.state, reading);
          if (type === "stamp") {
            const stamp = nextStamp(bench.state, context);
            expect(stamp).toBeGreaterThan(highest);
            highest = stamp;
          } else if (type === "snapshot") {
            const snapshot = nextSnapshot(bench.state, context);
            expect(snapshot).toBeGreaterThanOrEqual(lastSnapshot);
            lastSnapshot = snapshot;
            highest = Math.max(highest, snapshot);
          } else if (type === "commit") {
            keepAbove(bench.state, reading, context);
            highest = Math.max(highest, reading);
          } else {
            bench = createBench();
            restoreClock(bench.state, marks[marks.length - 1] as number);
          }
          expect(marks[marks.length - 1] as number).toBeGreaterThanOrEqual(highest);
        }
      }),
    );
  });
});

describe("a wall clock", () => {
  const withPeers = (own: number, ...peers: number[]): NodeState => {
    const { state } = createBench({ nodes: peers.length + 1 });
    state.reading = own;
    peers.forEach((clock, index) => {
      const peer = state.peers[index + 2];
      if (peer !== undefined) peer.clock = clock;
    });
    compareClocks(state);
    return state;
  };

  test("is believed near the median of all, and no further", () => {
    const state = withPeers(1_000_000, 1_001_000, 999_000);
    expect(believe(state, 1_200_000)).toBe(1_200_000);
    expect(believe(state, 9_000_000)).toBe(1_000_000 + 100_000 + 500_000);
    expect(believe(state, 1_000)).toBe(1_000_000 - 500_000);
  });

  test("that is alone with a wrong time does not move the median", () => {
    const hour = 3_600_000_000;
    expect(withPeers(1_000_000 + hour, 1_001_000, 999_000).clock.reference).toBe(1_001_000);
    expect(withPeers(1_000_000, 1_001_000 + hour, 999_000).clock.reference).toBe(1_000_000);
  });

  test("of two drags nobody ahead", () => {
    expect(withPeers(1_000_000, 9_000_000).clock.reference).toBe(1_000_000);
    expect(withPeers(9_000_000, 1_000_000).clock.reference).toBe(1_000_000);
  });

  test("of a peer goes on while nothing is heard from it, a beat at a time", () => {
    const state = withPeers(1_000_000, 1_000_000, 1_000_000);
    for (const peer of state.peers) peer.clockBeats = 3;
    state.reading = 1_300_000;
    compareClocks(state);
    expect(state.clock.reference).toBe(1_300_000);
  });

  test("is taken as it is until a majority was heard, when nothing is stamped", () => {
    const { state } = createBench();
    expect(believe(state, 77)).toBe(77);
  });
});
