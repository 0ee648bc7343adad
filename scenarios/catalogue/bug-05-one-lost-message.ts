import type { ScenarioInput } from "../scenario.ts";
import { healing, nobodyDropped } from "./healing.ts";

/** One message of each kind, from whom, to whom. */
const LOST = [
  { site: "send vote", from: 2, to: 1 },
  { site: "send precommit", from: 1, to: 2 },
  { site: "send ack", from: 2, to: 1 },
  { site: "send commit", from: 1, to: 3 },
  { site: "send finished", from: 3, to: 1 },
  { site: "send abort", from: 2, to: 3 },
] as const;

/**
 * Bug 5: a confirmation of a PRECOMMIT was lost, and the coordinator waited for ever. Must not happen: a transaction that
 * nobody ends.
 */
export const bug05OneLostMessage: ScenarioInput = {
  ...healing,
  name: "bug-05-one-lost-message",
  about: "Datagrams, of which exactly one of each kind is lost: it is said again, and nobody waits for ever.",
  source: "mmts 9.1 bugs 5 (5c2ee51) and 18 (a1dc415)",
  network: { mode: "datagram" },
  faults: LOST.map(({ site, from, to }, index) => ({
    when: { on: { node: from, site, to, from: `${1 + index}s` } },
    fault: { kind: "cut" as const, from: [from], to: [to] },
    forUs: 1,
  })),
  expect: nobodyDropped,
};
