import type { ScenarioInput } from "../scenario.ts";
import { healing } from "./healing.ts";

export const majorityRing: ScenarioInput = {
  ...healing,
  name: "majority-ring",
  about: "Each of four nodes sees two others, but no three see each other: nobody is online until that ends.",
  source: "mmts 3.4 (majority rings), a designed loss of availability",
  nodes: 4,
  faults: [
    { when: { at: "2s" }, fault: { kind: "cut", from: [1], to: [3], both: true }, forUs: "3s" },
    { when: { at: "2s" }, fault: { kind: "cut", from: [2], to: [4], both: true }, forUs: "3s" },
  ],
  expect: [
    {
      verdicts: {
        "one generation": "not exercised",
        "equal data": "holds",
        "nothing in doubt": "holds",
        progress: "holds",
      },
      blocks: false,
    },
    { commit: ["3pc"], others: "any" },
  ],
};
