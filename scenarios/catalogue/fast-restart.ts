import type { ScenarioInput } from "../scenario.ts";
import { healing } from "./healing.ts";

export const fastRestart: ScenarioInput = {
  ...healing,
  name: "fast-restart",
  about: "A node is back before anybody noticed that it was gone: its generation goes on with it.",
  source: "mmts 9.3 bug 25 (574ee56, 08afeec)",
  faults: [{ when: { at: "2s" }, fault: { kind: "crash", node: 3 }, forUs: "100ms" }],
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
