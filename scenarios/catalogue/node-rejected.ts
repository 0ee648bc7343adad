import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const nodeRejected: ScenarioInput = {
  ...healing,
  name: "node-rejected",
  about: "A node is cut off by a firewall that refuses connections at once, where a partition is silent.",
  source: "mmts 8.2 random_disasters (partition REJECT)",
  faults: [
    { when: { at: "2s" }, fault: { kind: "partition", groups: [[1, 2], [3]], rejects: true }, forUs: "3s" },
  ],
  expect: healed,
};
