import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

/**
 * The original stops the container, which ends PostgreSQL in good order. Here a stop is a crash, the harder case: nobody
 * is told good-bye, and nothing is flushed on the way out.
 */
export const nodeStopStart: ScenarioInput = {
  ...healing,
  name: "node-stop-start",
  about: "Node 3 is stopped for 3 s and started again: the others go on without it, and it catches up.",
  source: "mmts 8.1 test_recovery.node_restart",
  disk: { unsynced: "lost" },
  faults: [{ when: { at: "2s" }, fault: { kind: "crash", node: 3 }, forUs: "3s" }],
  expect: healed,
};
