import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 22: a donor that restarted had forgotten the CSNs of what it then sent, so its reader committed it at no CSN at all.
 * Must not happen: another CSN than elsewhere.
 */
export const bug22DonorRestarts: ScenarioInput = {
  ...healing,
  name: "bug-22-donor-restarts",
  about:
    "Node 3 was away, and while it copies what it missed its donor dies and is back at once: CSNs survive that.",
  source: "mmts 9.2 bug 22 (cca50ae)",
  faults: [
    { when: { at: "2s" }, fault: { kind: "crash", node: 3 }, forUs: "3s" },
    {
      when: { on: { node: 3, site: "database apply", nth: 30, from: "5s" } },
      fault: { kind: "crash", node: 1 },
      forUs: "300ms",
    },
  ],
  expect: healed,
};
