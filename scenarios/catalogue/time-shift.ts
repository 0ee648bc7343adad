import type { ScenarioInput } from "../scenario.ts";
import { healing, nobodyDropped } from "./healing.ts";

export const timeShift: ScenarioInput = {
  ...healing,
  name: "time-shift",
  about:
    "The clock of node 3 jumps 5 s ahead, and 3 s later back: it is believed half a second far, and nobody is dropped.",
  source: "mmts 8.1 SkewTime (an empty stub: never tested there)",
  faults: [{ when: { at: "2s" }, fault: { kind: "clock step", node: 3, byUs: "5s" }, forUs: "3s" }],
  expect: nobodyDropped,
};
