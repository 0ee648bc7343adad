import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const replaceNode: ScenarioInput = {
  ...healing,
  name: "replace-node",
  about:
    "A node loses its disk and says so; one of a new number, on a copy of a donor's database, takes its place.",
  source: "mmts 5.4; theory 4.5 (what a node that has forgotten its promises must not do)",
  nodes: 4,
  spares: 1,
  duration: "10s",
  faults: [
    { when: { at: "1s" }, fault: { kind: "lose disk", node: 3 }, forUs: "500ms" },
    { when: { at: "4s" }, fault: { kind: "join", node: 4 } },
    { when: { at: "7s" }, fault: { kind: "remove", node: 3 } },
  ],
  expect: healed,
};
