import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 42: after a refusal the number that had been refused was used again, so every campaign failed; and the test of a clique
 * looked at links outside the set that was asked for. Must not happen: three healthy nodes that never elect a generation.
 */
export const bug42CrossingCampaigns: ScenarioInput = {
  ...healing,
  name: "bug-42-crossing-campaigns",
  about:
    "Two of five nodes die at once and candidates meet on slow links: refused numbers are not used again.",
  source: "mmts 9.4 bug 42 (7c1e9fe)",
  nodes: 5,
  network: { latency: { kind: "uniform", min: "20ms", max: "120ms" } },
  faults: [
    { when: { at: "2s" }, fault: { kind: "crash", node: 4 }, forUs: "3s" },
    { when: { at: "2s" }, fault: { kind: "crash", node: 5 }, forUs: "3s" },
  ],
  expect: healed,
};
