import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const addNode: ScenarioInput = {
  ...healing,
  name: "add-node",
  about:
    "A fourth node copies a donor's database, catches up and becomes a member, while clients go on writing.",
  source: "mmts 5.4 (which asks for the load to be stopped), 8.2 007_add_stop_node",
  nodes: 4,
  spares: 1,
  faults: [{ when: { at: "2s" }, fault: { kind: "join", node: 4 } }],
  expect: healed,
};
