import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/** Had it been done at once, there would be two clusters. */
export const removeFromAMinority: ScenarioInput = {
  ...healing,
  name: "remove-from-a-minority",
  about: "Cut off from both others, a node is asked to remove one: nothing happens before the link is back.",
  source: "Ongaro, dissertation 2014, 4.1; mmts 5.4 (declared unsafe there)",
  faults: [
    { when: { at: "2s" }, fault: { kind: "partition", groups: [[1], [2, 3]] }, forUs: "3s" },
    { when: { at: "2200ms" }, fault: { kind: "remove", node: 3, by: 1 } },
  ],
  expect: healed,
};
