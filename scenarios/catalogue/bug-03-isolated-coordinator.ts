import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * Bug 3: a coordinator that was cut off after PREPARED aborted, though it was no longer online and the others could have
 * decided. Must not happen: it rolls back what the others commit.
 */
export const bug03IsolatedCoordinator: ScenarioInput = {
  ...healing,
  name: "bug-03-isolated-coordinator",
  about: "A coordinator is cut off with all votes in: what it does not know it leaves prepared.",
  source: "mmts 9.1 bug 3 (10804ed)",
  faults: [
    {
      when: { on: { node: 1, site: "decide", from: "2s" } },
      fault: { kind: "partition", groups: [[1], [2, 3]] },
      forUs: "3s",
    },
  ],
  expect: healed,
};
