import { describe, expect, test } from "vitest";
import { makeGid } from "../gid.ts";
import { setOf } from "../members.ts";
import { type Bench, beat, changeOf, createBench, give, hear, heartbeatOf, startBench } from "../testing.ts";
import type { Generation } from "./generation.ts";
import { statusOf } from "./status.ts";

const ALL = setOf(1) | setOf(2) | setOf(3);
const OTHERS = setOf(2) | setOf(3);

/** Node 1 of three, which heals itself. */
function startNode(): Bench {
  return startBench({ membership: "elected" });
}

function generation(number: number, members: number): Generation {
  return { number, members, configured: ALL };
}

/** Both others are online in generation 2 without node 1. */
function leaveBehind(bench: Bench): void {
  for (const peer of [2, 3]) {
    const news = { generation: generation(2, OTHERS), donors: OTHERS, lastOnlineIn: 2 };
    hear(bench, peer, heartbeatOf(bench, { ...news, finishedBelow: makeGid(peer, 1) }));
  }
}

/** Node 2 has a transaction in its WAL that node 1 lacks, and WAL up to 500. */
function sendBacklog(bench: Bench): void {
  give(bench, { type: "change", from: 2, change: changeOf(2, 1, { generation: 2, members: OTHERS }) });
  give(bench, { type: "change", from: 2, change: { kind: "position", lsn: 500, asked: 1 } });
}

describe("the status of a node", () => {
  test("that has just been started says that its clock is not compared yet", () => {
    const bench = createBench({ membership: "elected" });
    give(bench, { type: "started", records: [], prepared: [], outcomes: [], finished: [] });
    expect(statusOf(bench.state)).toMatchObject({
      connected: [1],
      why: "it has not yet compared its clock with a majority's",
    });
  });

  test("online", () => {
    expect(statusOf(startNode().state)).toEqual({
      state: "online",
      generation: 1,
      members: [1, 2, 3],
      donors: [1, 2, 3],
      onlineIn: 1,
      connected: [1, 2, 3],
      lag: null,
      why: null,
    });
  });

  test("isolated: a member does not hear it", () => {
    const bench = startNode();
    hear(bench, 3, heartbeatOf(bench, { heard: OTHERS }));
    expect(statusOf(bench.state)).toMatchObject({
      state: "isolated",
      connected: [1, 2],
      why: "its link to node 3 is down",
    });
  });

  test("disabled: it was left out, and hears nobody", () => {
    const bench = startNode();
    leaveBehind(bench);
    for (let count = 0; count < bench.state.config.suspectBeats; count++) beat(bench);
    expect(statusOf(bench.state)).toMatchObject({
      state: "disabled",
      generation: 2,
      members: [2, 3],
      donors: [2, 3],
      onlineIn: 1,
      lag: null,
      why: "generation 2 has only nodes 2, 3, and it sees no majority that it could catch up with",
    });
  });

  test("disabled: it was left out a moment ago", () => {
    const bench = startNode();
    leaveBehind(bench);
    expect(statusOf(bench.state).why).toMatch(/is about to look for a node that it could catch up with$/);
  });

  test("catchup, with what it has still to deal with of its donor's WAL", () => {
    const bench = startNode();
    leaveBehind(bench);
    beat(bench);
    sendBacklog(bench);
    const status = statusOf(bench.state, 900);
    expect(status).toMatchObject({ state: "catchup", lag: { donor: 2, bytes: 400, transactions: 1 } });
    expect(status.why).toBe(
      "generation 2 has only nodes 2, 3, and it catches up from node 2; it has caught up, and is about to ask to be taken in",
    );
    expect(statusOf(bench.state).lag?.bytes).toBe(0);
  });

  test("recovery: a member that is not a donor, and the others wait for it", () => {
    const bench = startNode();
    hear(bench, 2, { type: "candidacy", generation: generation(2, ALL), base: ALL });
    const news = { generation: generation(2, ALL), donors: OTHERS, lastOnlineIn: 2 };
    hear(bench, 2, heartbeatOf(bench, news));
    expect(statusOf(bench.state)).toMatchObject({
      state: "recovery",
      members: [1, 2, 3],
      donors: [2, 3],
      why: "it is to come online in generation 2, and reaches no donor: these are nodes 2, 3",
    });
    beat(bench);
    expect(statusOf(bench.state)).toMatchObject({
      state: "recovery",
      why: "it recovers from node 2 to come online in generation 2",
    });
  });
});
