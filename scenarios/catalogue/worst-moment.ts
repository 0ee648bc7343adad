import type { ScenarioInput } from "../scenario.ts";

/**
 * Both of the moments that the slides warn of. First node 1 dies for good stretches with all votes in and nothing said:
 * who must ask it, waits. Then, when its second phase has reached node 2 alone, the network splits: who trusts in the
 * silence of the others, decides alone.
 */
export const worstMoment: ScenarioInput = {
  name: "worst-moment",
  membership: "fixed",
  about:
    "The bank; a coordinator dies at the worst moment, and later the network splits at the worst moment.",
  source: "Knizhnik, Pan, Kelvich, Multi-master replication for Postgres; theory 2.1, 2.2, 8",
  duration: "15s",
  workload: { kind: "bank", accounts: 20, transfers: 2, totals: 1 },
  faults: [
    {
      when: { on: { node: 1, site: "decide", from: "2s" } },
      fault: { kind: "crash", node: 1 },
      forUs: "6s",
    },
    {
      when: { on: { node: 1, site: "second phase", when: "after", to: 2, from: "10s" } },
      fault: { kind: "partition", groups: [[1, 2], [3]] },
      forUs: "2500ms",
    },
  ],
  expect: [
    {
      verdicts: {
        "one outcome": "holds",
        "acknowledged survives": "holds",
        "constant total": "holds",
        "equal data": "holds",
        "nothing in doubt": "holds",
      },
    },
    { commit: ["3pc"], verdicts: { "one outcome": "violated", "equal data": "violated" }, others: "any" },
  ],
};
