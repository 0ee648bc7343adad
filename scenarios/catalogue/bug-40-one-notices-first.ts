import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 40: B has noticed that C is lost; A still sees C, and votes by the smaller clique {A, C}: B has to recover for nothing.
 * Must not happen: a standstill, or anything that B lacks afterwards.
 */
export const bug40OneNoticesFirst: ScenarioInput = {
  ...healing,
  name: "bug-40-one-notices-first",
  about: "Node 3 is cut off from node 2, and half a timeout later from node 1: 1 and 2 go on together.",
  source: "mmts 9.4 bug 40 (401a736)",
  duration: "13s",
  faults: [
    { when: { at: "3s" }, fault: { kind: "cut", from: [2], to: [3], both: true }, forUs: "5500ms" },
    { when: { at: "3500ms" }, fault: { kind: "cut", from: [1], to: [3], both: true }, forUs: "5s" },
  ],
  expect: healed,
};
