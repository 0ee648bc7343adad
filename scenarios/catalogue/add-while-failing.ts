import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const addWhileFailing: ScenarioInput = {
  ...healing,
  name: "add-while-failing",
  about:
    "The donor dies while its database is copied, and the new node when it stands for election: both go on later.",
  source: "mmts 5.4; theory 6.4 (crash at every step)",
  nodes: 4,
  spares: 1,
  faults: [
    { when: { at: "2s" }, fault: { kind: "join", node: 4 } },
    { when: { at: "2300ms" }, fault: { kind: "crash", node: 1 }, forUs: "2s" },
    {
      when: { on: { node: 4, site: "send candidacy", when: "after" } },
      fault: { kind: "crash", node: 4 },
      forUs: "500ms",
    },
  ],
  expect: healed,
};
