import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const halfOpen: ScenarioInput = {
  ...healing,
  name: "half-open",
  about:
    "A link carries messages in one direction only: to those who tell each other whom they hear, it is down.",
  source: "mmts 3.2; section 10 (half-open link)",
  faults: [{ when: { at: "2s" }, fault: { kind: "cut", from: [1], to: [3] }, forUs: "3s" }],
  expect: healed,
};
