import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 39: one that joins reaches a member much sooner than another one (a TCP connect that times out after a minute), and
 * proposes to drop the other. Must not happen: a majority {1, 2, 4} in place of the healthy {1, 2, 3}.
 */
export const bug39SlowToReach: ScenarioInput = {
  ...healing,
  name: "bug-39-slow-to-reach",
  about: "Node 4 comes back and reaches nodes 1 and 2 three seconds before node 3: 3 is not dropped for it.",
  source: "mmts 9.4 bug 39 (2d01b51)",
  nodes: 4,
  duration: "13s",
  faults: [
    { when: { at: "3s" }, fault: { kind: "crash", node: 4 }, forUs: "3s" },
    { when: { at: "3500ms" }, fault: { kind: "cut", from: [4], to: [3], both: true }, forUs: "5500ms" },
  ],
  expect: healed,
};
