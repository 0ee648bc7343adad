/** Two nodes and a referee: every test that the original has for it (mmts 8.1 test_referee, test_major; 8.2 test_referee). */
import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

const twoAndReferee = {
  ...healing,
  nodes: 3,
  referee: true,
  workload: { ...healing.workload, nodes: [1, 2] },
  expect: healed,
} as const satisfies Partial<ScenarioInput>;

const refereeNodeCrash: ScenarioInput = {
  ...twoAndReferee,
  name: "referee-node-crash",
  about:
    "One of two nodes is killed and started again: the referee lets the other go on alone, and it comes back.",
  source: "mmts 8.1 and 8.2 test_referee.node_crash, neighbor_restart",
  faults: [{ when: { at: "2s" }, fault: { kind: "crash", node: 2 }, forUs: "3s" }],
};

const refereePartition: ScenarioInput = {
  ...twoAndReferee,
  name: "referee-partition",
  about: "Node 2 is cut off from node 1 and from the referee: node 1 goes on alone.",
  source: "mmts 8.1 and 8.2 test_referee.partition_referee; 8.1 test_major.partition_major",
  faults: [{ when: { at: "2s" }, fault: { kind: "partition", groups: [[1, 3], [2]] }, forUs: "3s" }],
};

const refereeEdge: ScenarioInput = {
  ...twoAndReferee,
  name: "referee-edge",
  about:
    "The link between the two nodes is cut, and both see the referee: it lets exactly one of them go on.",
  source: "mmts 5.5 (first writer wins)",
  faults: [{ when: { at: "2s" }, fault: { kind: "cut", from: [1], to: [2], both: true }, forUs: "3s" }],
};

const refereeDoubleFailure: ScenarioInput = {
  ...twoAndReferee,
  name: "referee-double-failure",
  about: "Node 2 is cut off and comes back, then node 1: the winner alternates, once both have everything.",
  source: "mmts 8.1 and 8.2 test_referee.double_failure_referee",
  duration: "12s",
  faults: [
    { when: { at: "2s" }, fault: { kind: "partition", groups: [[1, 3], [2]] }, forUs: "2s" },
    { when: { at: "8s" }, fault: { kind: "partition", groups: [[2, 3], [1]] }, forUs: "2s" },
  ],
};

const refereeWinnerRestart: ScenarioInput = {
  ...twoAndReferee,
  name: "referee-winner-restart",
  about:
    "While its neighbour is down the winner is killed and starts again, with the referee gone: it works on.",
  source:
    "mmts 8.2 test_referee.winner_restart, winner_crash, saved_referee_decision; 8.1 winner_restart (d584aab)",
  duration: "12s",
  faults: [
    { when: { at: "2s" }, fault: { kind: "crash", node: 1 }, forUs: "8s" },
    { when: { at: "4s" }, fault: { kind: "crash", node: 3 }, forUs: "5s" },
    { when: { at: "5s" }, fault: { kind: "crash", node: 2 }, forUs: "500ms" },
  ],
};

/** The loser sees a majority, the referee and itself, and must not work: the winner has what it lacks. */
const refereeLoserAlone: ScenarioInput = {
  ...twoAndReferee,
  name: "referee-loser-alone",
  about:
    "The winner is killed after it went on alone; the loser comes back, sees the referee, and must wait.",
  source: "mmts 8.2 test_referee.saved_referee_decision, consequent_shutdown",
  duration: "12s",
  faults: [
    { when: { at: "2s" }, fault: { kind: "crash", node: 1 }, forUs: "4s" },
    { when: { at: "5s" }, fault: { kind: "crash", node: 2 }, forUs: "4s" },
  ],
};

const refereeConsequentShutdown: ScenarioInput = {
  ...twoAndReferee,
  name: "referee-consequent-shutdown",
  about:
    "Node 1 stops, then node 2, then the referee; they start in the order 1, 2, referee, and the grant ends.",
  source: "mmts 8.2 test_referee.consequent_shutdown",
  duration: "14s",
  faults: [
    { when: { at: "2s" }, fault: { kind: "crash", node: 1 }, forUs: "4s" },
    { when: { at: "5s" }, fault: { kind: "crash", node: 2 }, forUs: "3s" },
    { when: { at: "5500ms" }, fault: { kind: "crash", node: 3 }, forUs: "5s" },
  ],
};

export const REFEREE: readonly ScenarioInput[] = [
  refereeNodeCrash,
  refereePartition,
  refereeEdge,
  refereeDoubleFailure,
  refereeWinnerRestart,
  refereeLoserAlone,
  refereeConsequentShutdown,
];
