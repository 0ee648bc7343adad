import type { ScenarioInput } from "../scenario.ts";

export const badClock: ScenarioInput = {
  name: "bad-clock",
  about:
    "One clock jumps an hour ahead for 3 s: its stamps are refused, so that it does not drag the cluster with it.",
  source: "theory 3.3, 5.6 V7",
  duration: "8s",
  faults: [{ when: { at: "2s" }, fault: { kind: "clock step", node: 2, byUs: "60min" }, forUs: "3s" }],
  expect: [
    {
      verdicts: { "constant total": "holds", "equal data": "holds", "nothing in doubt": "holds" },
      blocks: false,
    },
  ],
};
