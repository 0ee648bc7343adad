import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const freeze: ScenarioInput = {
  ...healing,
  name: "freeze",
  about: "A node is frozen, and goes on where it stood when the others have long left it behind.",
  source: "mmts 8.2 random_disasters (freeze), 9.4 bug 45",
  faults: [{ when: { at: "2s" }, fault: { kind: "pause", node: 2 }, forUs: "3s" }],
  expect: healed,
};
