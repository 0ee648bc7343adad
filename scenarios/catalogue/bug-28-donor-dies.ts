import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 28: copies are applied beside each other, and "the last position" of one donor says nothing of another's WAL: what was
 * not yet copied was lost. Must not happen: a transaction that node 3 never gets.
 */
export const bug28DonorDies: ScenarioInput = {
  ...healing,
  name: "bug-28-donor-dies",
  about:
    "Node 3 was away, and while it copies what it missed its donor dies: it goes on with the other, and lacks nothing.",
  source: "mmts 9.3 bug 28 (ca43925, 224cba5)",
  duration: "12s",
  faults: [
    { when: { at: "2s" }, fault: { kind: "crash", node: 3 }, forUs: "3s" },
    {
      when: { on: { node: 3, site: "database apply", nth: 30, from: "5s" } },
      fault: { kind: "crash", node: 1 },
      forUs: "4s",
    },
  ],
  expect: healed,
};
