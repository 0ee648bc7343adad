import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 38: {2, 3} are online, 1 returns; 2 sees the cliques {1, 2} and {2, 3}, takes the first and expels 3. Must not
 * happen: a healthy generation taken apart by somebody outside.
 */
export const bug38ReturnsToHalf: ScenarioInput = {
  ...healing,
  name: "bug-38-returns-to-half",
  about: "Node 1 comes back and sees node 2 only, while 2 and 3 work: 3 is not dropped for it.",
  source: "mmts 9.4 bug 38 (8e6a32a)",
  duration: "13s",
  faults: [
    { when: { at: "3s" }, fault: { kind: "crash", node: 1 }, forUs: "3s" },
    { when: { at: "3500ms" }, fault: { kind: "cut", from: [1], to: [3], both: true }, forUs: "5500ms" },
  ],
  expect: healed,
};
