import type { ScenarioInput } from "../scenario.ts";

export const t5OldMessages: ScenarioInput = {
  name: "t5-old-messages",
  about:
    "Datagrams: half of them arrive twice, all of them up to 300 ms late and in any order, while coordinators die.",
  source: "theory 2.9 T5",
  duration: "6s",
  network: { mode: "datagram", loss: 0.05, duplication: 0.5 },
  faults: [
    { when: { at: "500ms" }, fault: { kind: "delay", upToUs: "300ms" } },
    {
      when: { on: { node: 1, site: "second phase", when: "after", nth: 5 } },
      fault: { kind: "crash", node: 1 },
      forUs: "1s",
    },
    { when: { on: { node: 2, site: "decide", from: "3s" } }, fault: { kind: "crash", node: 2 }, forUs: "1s" },
    { when: { at: "6s" }, fault: { kind: "heal" } },
  ],
  expect: [
    { verdicts: { "one outcome": "holds", "acknowledged survives": "holds", "equal data": "holds" } },
    // Late messages look like crashes, which breaks 3PC's assumptions: nothing is promised.
    { commit: ["3pc"], others: "any" },
  ],
};
