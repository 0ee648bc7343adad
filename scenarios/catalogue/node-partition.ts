import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const nodePartition: ScenarioInput = {
  ...healing,
  name: "node-partition",
  about: "A node is cut off from both others, and its clients with it; the others go on.",
  source: "mmts 8.1 test_recovery.node_partition",
  faults: [{ when: { at: "2s" }, fault: { kind: "partition", groups: [[1, 2], [3]] }, forUs: "3s" }],
  expect: healed,
};
