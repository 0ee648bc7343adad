import type { ScenarioInput } from "../scenario.ts";

export const badClock: ScenarioInput = {
  name: "bad-clock",
  about:
    "One clock jumps an hour ahead for 3 s: it is believed only as far as the others bear it out, so it drags nobody.",
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
