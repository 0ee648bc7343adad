import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const rollingRestarts: ScenarioInput = {
  ...healing,
  name: "rolling-restarts",
  about: "Every node is stopped and started in turn, so that each has been without the others.",
  source: "mmts 8.2 test_referee.consequent_shutdown, 9.4 bug 43",
  duration: "11s",
  faults: [
    { when: { at: "1s" }, fault: { kind: "crash", node: 1 }, forUs: "1500ms" },
    { when: { at: "3500ms" }, fault: { kind: "crash", node: 2 }, forUs: "1500ms" },
    { when: { at: "6s" }, fault: { kind: "crash", node: 3 }, forUs: "1500ms" },
  ],
  expect: healed,
};
