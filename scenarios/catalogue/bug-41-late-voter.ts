import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 41: a candidate won with the votes of a majority and had not heard one good member, which was then no donor, and had to
 * recover; and might have held more than all voters. Must not happen: a transaction that only the unheard one holds is lost.
 */
export const bug41LateVoter: ScenarioInput = {
  ...healing,
  name: "bug-41-late-voter",
  about:
    "Node 5 dies, and what node 4 says takes 200 ms: the winner waits for its answer, so that it stays a donor.",
  source: "mmts 9.4 bug 41 (b9885fe)",
  nodes: 5,
  network: {
    links: [
      { from: 4, to: 1, latency: "200ms" },
      { from: 4, to: 2, latency: "200ms" },
      { from: 4, to: 3, latency: "200ms" },
    ],
  },
  faults: [{ when: { at: "2s" }, fault: { kind: "crash", node: 5 }, forUs: "3s" }],
  expect: healed,
};
