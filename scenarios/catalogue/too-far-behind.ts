import type { ScenarioInput } from "../scenario.ts";
import { healed, healing } from "./healing.ts";

export const tooFarBehind: ScenarioInput = {
  ...healing,
  name: "too-far-behind",
  about:
    "While a node is away the others drop the WAL that it lacks: it says so, and another one takes its place.",
  source: "mmts 5.3 (slots keep WAL for ever), postgres I (max_slot_wal_keep_size)",
  nodes: 4,
  spares: 1,
  duration: "12s",
  protocol: { maxKept: 100_000 },
  faults: [
    { when: { at: "1s" }, fault: { kind: "crash", node: 3 }, forUs: "5s" },
    { when: { at: "7s" }, fault: { kind: "join", node: 4 } },
    { when: { at: "9s" }, fault: { kind: "remove", node: 3 } },
  ],
  expect: healed,
};
