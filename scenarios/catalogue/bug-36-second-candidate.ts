import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 36: C dies, 2 wins 41{2, 3} and is online; 3 has not heard of it and proposes 42{2, 3}, in which it is no donor, and
 * a node that lacked nothing recovers. Must not happen: two elections of the same members, or a lost transaction.
 */
export const bug36SecondCandidate: ScenarioInput = {
  ...healing,
  name: "bug-36-second-candidate",
  about:
    "Node 1 dies; node 2 wins, and node 3, which hears of it late, stands for the same members: it is healthy and stays so.",
  source: "mmts 9.4 bug 36 (4035565)",
  network: { links: [{ from: 2, to: 3, latency: "150ms" }] },
  faults: [{ when: { at: "2s" }, fault: { kind: "crash", node: 1 }, forUs: "3s" }],
  expect: healed,
};
