import type { ScenarioInput } from "../scenario.ts";
import { healing, wellInTheEnd } from "./healing.ts";

/**
 * Bug 6: ABORT PREPARED was carried out before the PREPARE that it was for, which then stayed for ever. Must not happen: a
 * prepared transaction at the end.
 */
export const bug06AbortFirst: ScenarioInput = {
  ...healing,
  name: "bug-06-abort-first",
  about:
    "Write sets come up to a second late, and what is said about them does not: aborts overtake what they abort.",
  source: "mmts 9.1 bug 6 (A:8e072df425)",
  workload: { kind: "bank", accounts: 6, think: { kind: "uniform", min: "2ms", max: "20ms" } },
  // A replication stream sends again what was lost, and a datagram is lost for good.
  network: { mode: "datagram" },
  faults: [{ when: { at: "1s" }, fault: { kind: "loss", rate: 0.2 }, forUs: "5s" }],
  expect: wellInTheEnd,
};
