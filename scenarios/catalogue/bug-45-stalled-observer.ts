import type { ScenarioInput } from "../scenario.ts";
import { healing, nobodyDropped } from "./healing.ts";

/**
 * Bug 45: the watchdog ran while heartbeats lay unread in the socket, and took its own sleep for the silence of its peers.
 * Must not happen: a generation without somebody who is well.
 */
export const bug45StalledObserver: ScenarioInput = {
  ...healing,
  name: "bug-45-stalled-observer",
  about:
    "Node 1 stands still for nearly a timeout, again and again, with its peers' heartbeats waiting: it suspects nobody.",
  source: "mmts 9.4 bug 45 (7a17422, b2bdea9)",
  duration: "13s",
  faults: [
    { when: { at: "3s" }, fault: { kind: "pause", node: 1 }, forUs: "800ms" },
    { when: { at: "5s" }, fault: { kind: "pause", node: 1 }, forUs: "800ms" },
    { when: { at: "7s" }, fault: { kind: "pause", node: 1 }, forUs: "800ms" },
  ],
  expect: nobodyDropped,
};
