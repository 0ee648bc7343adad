import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 34: a node died after it had stored that it was online and before the mark was in its WAL, and was online then without
 * one. Must not happen: whoever copies its WAL finds no mark, and waits for ever or takes votes for copies.
 */
export const bug34DiesBeforeItsMark: ScenarioInput = {
  ...healing,
  name: "bug-34-dies-before-its-mark",
  about:
    "A donor, and later a node that comes back, die between storing that they are online and writing the mark.",
  source: "mmts 9.3 bug 34 (a8b3d49, 55bef12)",
  duration: "12s",
  faults: [
    { when: { at: "2s" }, fault: { kind: "crash", node: 3 }, forUs: "3s" },
    {
      when: { on: { node: 1, site: "database logMessage", from: "3050ms" } },
      fault: { kind: "crash", node: 1 },
      forUs: "500ms",
    },
    {
      when: { on: { node: 3, site: "database logMessage", from: "5s" } },
      fault: { kind: "crash", node: 3 },
      forUs: "500ms",
    },
  ],
  expect: healed,
};
