import type { ScenarioInput } from "../scenario.ts";
import { healing, nobodyDropped } from "./healing.ts";

export const clockSpeed: ScenarioInput = {
  ...healing,
  name: "clock-speed",
  about: "The clock of node 3 runs a tenth too fast for 3 s.",
  source: "mmts 8.1 SkewTime (an empty stub: never tested there)",
  faults: [{ when: { at: "2s" }, fault: { kind: "clock rate", node: 3, ppm: 100_000 }, forUs: "3s" }],
  expect: nobodyDropped,
};
