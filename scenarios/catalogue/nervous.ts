import type { ScenarioInput } from "../scenario.ts";

export const nervous: ScenarioInput = {
  name: "nervous",
  membership: "fixed",
  about:
    "Timeouts as short as a trip: everybody suspects everybody, and resolvers race coordinators that are alive.",
  source: "theory 2.9 T4; mmts 9.1 bug 8 (a resolver aborted what its live owner went on with)",
  duration: "3s",
  protocol: { heartbeat: "1ms", suspectBeats: 1, voteBeats: 3, resendBeats: 1, resolveBeats: 1 },
  network: { mode: "datagram", latency: { kind: "exponential", min: "200us", mean: "600us" } },
  expect: [
    { verdicts: { "one outcome": "holds", "acknowledged survives": "holds", "equal data": "holds" } },
    // A suspicion that errs breaks its assumptions: nothing is promised.
    { commit: ["3pc"], others: "any" },
  ],
};
