import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const edgeSplit: ScenarioInput = {
  ...healing,
  name: "edge-split",
  about:
    "Two of three nodes lose the link between them, and both still see the third: one of them is left out.",
  source: "mmts 3.4, 8.2 edge_partition",
  faults: [{ when: { at: "2s" }, fault: { kind: "cut", from: [1], to: [3], both: true }, forUs: "3s" }],
  expect: healed,
};
