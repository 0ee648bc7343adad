import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 43: an orderly shutdown ends receivers one by one; the campaigner sees "only A is lost" and expels A. Here it may, for
 * an edge is gone; but 2 is then alone with a 1 that has to catch up. Must not happen: that the two stay apart.
 */
export const bug43ShutdownByPieces: ScenarioInput = {
  ...healing,
  name: "bug-43-shutdown-by-pieces",
  about:
    "Node 3 shuts down link by link, so that it first drops node 1, and then it is gone: 1 and 2 find together.",
  source: "mmts 9.4 bug 43 (769f5bc)",
  duration: "13s",
  faults: [
    { when: { at: "3s" }, fault: { kind: "cut", from: [1], to: [3], both: true }, forUs: "7s" },
    { when: { at: "5s" }, fault: { kind: "crash", node: 3 }, forUs: "5s" },
  ],
  expect: healed,
};
