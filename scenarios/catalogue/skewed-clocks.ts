import type { ScenarioInput } from "../scenario.ts";

export const skewedClocks: ScenarioInput = {
  name: "skewed-clocks",
  about:
    "Clocks that are apart, drift, and step forwards and backwards: commits wait, and nothing else changes.",
  source: "theory 1.3, 5.6; mmts 3.3 (never tested there)",
  duration: "8s",
  clocks: [
    { node: 1, offset: "40ms", ppm: 200 },
    { node: 3, offset: "-30ms", ppm: -300 },
  ],
  faults: [
    { when: { at: "2s" }, fault: { kind: "clock step", node: 2, byUs: "-150ms" } },
    { when: { at: "4s" }, fault: { kind: "clock step", node: 3, byUs: "200ms" } },
    { when: { at: "5s" }, fault: { kind: "clock rate", node: 1, ppm: 50_000 }, forUs: "1s" },
    { when: { at: "6s" }, fault: { kind: "crash", node: 3 }, forUs: "300ms" },
  ],
  expect: [{ verdicts: { "constant total": "holds", "same CSN": "holds", "equal data": "holds" } }],
};
