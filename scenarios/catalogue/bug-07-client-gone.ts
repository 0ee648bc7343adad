import type { ScenarioInput } from "../scenario.ts";
import { healing, nobodyDropped } from "./healing.ts";

/**
 * Bugs 7 and 8: a client disconnected between PREPARE and PRECOMMIT, and its transaction stayed prepared for ever, as
 * nobody took it for orphaned; and a resolver aborted one that its live owner went on with. Must not happen: either.
 */
export const bug07ClientGone: ScenarioInput = {
  ...healing,
  name: "bug-07-client-gone",
  about:
    "Clients lose their connections all the time, some between PREPARE and decision: what they began is ended.",
  source: "mmts 9.1 bugs 7 (3336945) and 8 (1c42918)",
  duration: "5s",
  faults: [
    { when: { on: { node: 1, site: "decide", from: "1s" } }, fault: { kind: "disconnect", node: 1 } },
    {
      when: { on: { node: 2, site: "database prepare", from: "1s" } },
      fault: { kind: "disconnect", node: 2 },
    },
    {
      when: { on: { node: 3, site: "database rollback", from: "1s" } },
      fault: { kind: "disconnect", node: 3 },
    },
  ],
  nemesis: {
    kinds: ["disconnect"],
    every: { kind: "uniform", min: "10ms", max: "80ms" },
    lasts: "1ms",
  },
  expect: nobodyDropped,
};
