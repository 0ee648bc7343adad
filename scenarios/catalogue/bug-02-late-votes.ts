import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 2: the coordinator did not look again at the configuration once all votes were in, and went on with votes of an
 * older one, while others aborted. Must not happen: one commits, the other rolls back.
 */
export const bug02LateVotes: ScenarioInput = {
  ...healing,
  name: "bug-02-late-votes",
  about:
    "What node 3 says to node 1 is held for 1.6 s, votes among it, and comes when a generation without one of them is at work.",
  source: "mmts 9.1 bug 2 (aee5bf8)",
  faults: [{ when: { at: "2s" }, fault: { kind: "cut", from: [3], to: [1] }, forUs: "1600ms" }],
  expect: healed,
};
