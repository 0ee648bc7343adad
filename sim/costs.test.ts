/**
 * Each commit protocol's costs in the fault-free case are those of the table in theory 2.8 (Skeen 1981; Keidar, Dolev
 * 1995; Gray, Lamport 2006), counted on one transaction in a world where a trip takes 10 ms, a flush 100 us and nothing
 * else takes any time: the latency of a commit then is (delays, flushes in sequence) as digits.
 */
import { describe, expect, test } from "vitest";
import { type CommitProtocolName, SNAPSHOT_MANAGERS } from "../protocol/config.ts";
import { CHECKS } from "../scenarios/checks/checks.ts";
import { parseScenario } from "../scenarios/scenario.ts";
import { runScenario } from "./run.ts";

const TRIP_US = 10_000;
const FLUSH_US = 100;

interface Row {
  readonly commit: CommitProtocolName;
  readonly nodes: number;
  readonly messages: number;
  readonly withFinalAcks: number;
  readonly ackDelays: number;
  readonly allKnowDelays: number;
  readonly flushes: number;
  readonly flushesInSequence: number;
}

/** In the order of theory 2.8: messages without and with final acks, delays, flushes in all and in sequence. */
const TABLE: readonly Row[] = [
  row("2pc", 3, [6, 8], [2, 3], [6, 3]),
  row("2pc", 5, [12, 16], [2, 3], [10, 3]),
  row("3pc", 3, [10, 12], [4, 5], [9, 4]),
  row("3pc", 5, [20, 24], [4, 5], [15, 4]),
  row("e3pc", 3, [10, 12], [4, 5], [9, 4]),
  row("e3pc", 5, [20, 24], [4, 5], [15, 4]),
  // Up to three members: votes and 2PC's messages only (theory 2.5).
  row("paxos-commit", 3, [6, 8], [2, 3], [6, 3]),
  // N(F+3)-3 messages and 2N+F+1 flushes.
  row("paxos-commit", 5, [22, 26], [3, 4], [13, 4]),
];

describe.each(TABLE)("$commit with $nodes nodes", (expected) => {
  test.each(SNAPSHOT_MANAGERS)("costs what its paper says, with %s", (snapshot) => {
    expect(measure(expected.commit, expected.nodes, snapshot)).toEqual(expected);
  });
});

function row(
  commit: CommitProtocolName,
  nodes: number,
  [messages, withFinalAcks]: [number, number],
  [ackDelays, allKnowDelays]: [number, number],
  [flushes, flushesInSequence]: [number, number],
): Row {
  return { commit, nodes, messages, withFinalAcks, ackDelays, allKnowDelays, flushes, flushesInSequence };
}

function measure(commit: CommitProtocolName, nodes: number, snapshot: string): Row {
  const scenario = parseScenario({
    name: "one transaction",
    nodes,
    commit,
    snapshot,
    duration: "1s",
    workload: { kind: "register", nodes: [1], operations: 1, start: "500ms" },
    network: { latency: TRIP_US },
    disk: { fsync: FLUSH_US },
    database: { command: 0, finish: 0, client: 0 },
  });
  let preparedAt = 0;
  let lastToldAt = 0;
  const result = runScenario(scenario, "1", {
    mode: "in place",
    checks: CHECKS,
    observe: (fact, at) => {
      if (fact.type === "prepared" && fact.node === 1) preparedAt = at;
      if (fact.type === "committed") lastToldAt = at;
    },
  });
  const costs = result.costs;
  if (costs === null || costs.commits !== 1) throw new Error("the one transaction did not commit");
  const latency = costs.latencyUs.median;
  return {
    commit,
    nodes,
    messages: costs.messagesWithoutFinalAcks,
    withFinalAcks: costs.messages,
    ackDelays: costs.delays,
    allKnowDelays: Math.floor((lastToldAt - preparedAt) / TRIP_US),
    flushes: costs.forcedWrites,
    flushesInSequence: (latency - costs.delays * TRIP_US) / FLUSH_US,
  };
}
