import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 46: nobody sent heartbeats to a node that was disabled, so it could not learn that it might join. Must not happen: a
 * node that all can reach, and that stays outside.
 */
export const bug46LongAbsence: ScenarioInput = {
  ...healing,
  name: "bug-46-long-absence",
  about:
    "Node 3 is cut off for 20 s, long dropped by all: when the network heals it learns that it may join.",
  source: "mmts 9.4 bug 46 (be9bd5b)",
  duration: "26s",
  faults: [{ when: { at: "3s" }, fault: { kind: "partition", groups: [[1, 2], [3]] }, forUs: "20s" }],
  expect: healed,
};
