import type { ScenarioInput } from "../scenario.ts";
import { healing, wellInTheEnd } from "./healing.ts";

/**
 * Bug 37: C proposed 9{A, B, C} for ever, while A and B lived in 9{A, B} and refused without a hint that they did. Must not
 * happen: a node that never comes in again.
 */
export const bug37ReturnsDuringTheElection: ScenarioInput = {
  ...healing,
  name: "bug-37-returns-during-the-election",
  about: "Node 3 is back just when the others elect a generation without it.",
  source: "mmts 9.4 bug 37 (c6d8e0d)",
  duration: "13s",
  faults: [
    { when: { at: "2s" }, fault: { kind: "crash", node: 3 }, forUs: "850ms" },
    { when: { at: "5s" }, fault: { kind: "crash", node: 3 }, forUs: "950ms" },
    { when: { at: "8s" }, fault: { kind: "crash", node: 3 }, forUs: "1050ms" },
  ],
  expect: wellInTheEnd,
};
