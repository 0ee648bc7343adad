import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/** Two of three are a majority, and hold all that was ever acknowledged: with the second one the cluster works again. */
export const allKilled: ScenarioInput = {
  ...healing,
  name: "all-killed",
  about: "All three nodes are killed at once, and started one after another.",
  source: "mmts 8.1 t/004_recovery.pl (all peers down)",
  duration: "13s",
  faults: [
    { when: { at: "3s" }, fault: { kind: "crash", node: 1 }, forUs: "2s" },
    { when: { at: "3s" }, fault: { kind: "crash", node: 2 }, forUs: "4s" },
    { when: { at: "3s" }, fault: { kind: "crash", node: 3 }, forUs: "6s" },
  ],
  expect: healed,
};
