import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const killStart: ScenarioInput = {
  ...healing,
  name: "kill-start",
  about: "A node is killed and started again; the other two go on without it, and it comes back by itself.",
  source: "mmts 8.1 test_recovery.node_crash; a stop is a kill here",
  faults: [{ when: { at: "2s" }, fault: { kind: "crash", node: 3 }, forUs: "3s" }],
  expect: healed,
};
