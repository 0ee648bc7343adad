import type { ScenarioInput } from "../scenario.ts";
import { healing, wellInTheEnd } from "./healing.ts";

export const majorityRingOfFive: ScenarioInput = {
  ...healing,
  name: "majority-ring-of-five",
  about:
    "Each of five nodes sees its two neighbours only: no majority sees each other, so nobody works until it heals.",
  source: "mmts 3.3, 3.4 (majority rings)",
  nodes: 5,
  faults: [
    { when: { at: "2s" }, fault: { kind: "cut", from: [1], to: [3, 4], both: true }, forUs: "3s" },
    { when: { at: "2s" }, fault: { kind: "cut", from: [2], to: [4, 5], both: true }, forUs: "3s" },
    { when: { at: "2s" }, fault: { kind: "cut", from: [3], to: [5], both: true }, forUs: "3s" },
  ],
  expect: wellInTheEnd,
};
