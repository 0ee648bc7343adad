import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const twoOfFive: ScenarioInput = {
  ...healing,
  name: "two-of-five",
  about: "Two of five nodes are killed; three go on, and the two come back one after the other.",
  source: "mmts 4.8 (123 do work, 45 lag), 9.1 bug 12",
  nodes: 5,
  faults: [
    { when: { at: "2s" }, fault: { kind: "crash", node: 4 }, forUs: "2s" },
    { when: { at: "2s" }, fault: { kind: "crash", node: 5 }, forUs: "3s" },
  ],
  expect: healed,
};
