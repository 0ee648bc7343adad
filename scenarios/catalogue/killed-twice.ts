import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const killedTwice: ScenarioInput = {
  ...healing,
  name: "killed-twice",
  about: "The same node is killed twice, the second time while it may still be catching up.",
  source: "mmts 8.1 test_recovery.node_bicrash",
  faults: [
    { when: { at: "1500ms" }, fault: { kind: "crash", node: 3 }, forUs: "1500ms" },
    { when: { at: "3200ms" }, fault: { kind: "crash", node: 3 }, forUs: "1500ms" },
  ],
  expect: healed,
};
