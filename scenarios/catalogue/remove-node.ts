import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const removeNode: ScenarioInput = {
  ...healing,
  name: "remove-node",
  about:
    "Of five nodes one is removed while it works, and one that is dead: three are left, and one of these may die.",
  source: "mmts 5.4 drop_node",
  nodes: 5,
  faults: [
    { when: { at: "1s" }, fault: { kind: "crash", node: 5 } },
    { when: { at: "3s" }, fault: { kind: "remove", node: 4 } },
    { when: { at: "4s" }, fault: { kind: "remove", node: 5 } },
    { when: { at: "5s" }, fault: { kind: "crash", node: 3 }, forUs: "2s" },
  ],
  expect: healed,
};
