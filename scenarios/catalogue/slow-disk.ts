import type { ScenarioInput } from "../scenario.ts";
import { healing, nobodyDropped } from "./healing.ts";

export const slowDisk: ScenarioInput = {
  ...healing,
  name: "slow-disk",
  about: "Flushes of node 3 take 100 times as long for 3 s: everybody waits for it, and nobody drops it.",
  source: "mmts 8.3 no. 8 (disk stalls were never tested)",
  faults: [{ when: { at: "2s" }, fault: { kind: "slow fsync", node: 3, factor: 100 }, forUs: "3s" }],
  expect: nobodyDropped,
};
