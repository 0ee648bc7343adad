import type { ScenarioInput } from "../scenario.ts";
import { healing, wellInTheEnd } from "./healing.ts";

/**
 * Bug 1: a replica acked a precommit before it was durable, and died with it; so did the coordinator. Must not happen: a
 * client is told of a commit that no survivor knows.
 */
export const bug01AckedAndGone: ScenarioInput = {
  ...healing,
  name: "bug-01-acked-and-gone",
  about:
    "Node 2 dies as soon as it has acked, the coordinator before it tells anybody: the ack must be on a disk.",
  source: "mmts 9.1 bug 1 (d65f166)",
  disk: { unsynced: "lost" },
  faults: [
    {
      when: { on: { node: 2, site: "send ack", when: "after", to: 1, from: "2s" } },
      fault: { kind: "crash", node: 2 },
      forUs: "3s",
    },
    {
      when: { on: { node: 1, site: "send commit", from: "2s" } },
      fault: { kind: "crash", node: 1 },
      forUs: "3s",
    },
  ],
  expect: wellInTheEnd,
};
