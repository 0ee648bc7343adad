import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 44: an index that was incremented twice skipped cliques, and a matrix that was made symmetric in one direction only gave
 * every node a clique of its own. Must not happen: two generations at work, or none.
 */
export const bug44Diamond: ScenarioInput = {
  ...healing,
  name: "bug-44-diamond",
  about: "Of four nodes 1 and 3 lose their link: everybody computes the same clique of three.",
  source: "mmts 9.4 bug 44 (A:e9f9df1eba, A:48f2c0dd59)",
  nodes: 4,
  faults: [{ when: { at: "2s" }, fault: { kind: "cut", from: [1], to: [3], both: true }, forUs: "3s" }],
  expect: healed,
};
