/** Why a run failed: two runs fail alike if the same check says the same of them, whatever the numbers. */
import { unmetExpectations } from "../scenarios/expectations.ts";
import type { RunResult } from "../sim/run.ts";

export interface Cause {
  /** The check, or "expectation". */
  readonly check: string;
  /** The first sentence of evidence. */
  readonly evidence: string;
  /** The sentence without its numbers. */
  readonly shape: string;
}

/** Of the first check that is violated, expected or not; else of the first unmet expectation; else null. */
export function causeOf(result: RunResult): Cause | null {
  for (const [check, { verdict, evidence }] of result.findings) {
    if (verdict === "violated")
      return { check, evidence: evidence[0] ?? "", shape: shapeOf(evidence[0] ?? "") };
  }
  const unmet = unmetExpectations(result.scenario, result)[0];
  return unmet === undefined ? null : { check: "expectation", evidence: unmet, shape: shapeOf(unmet) };
}

/** "# is committed on node # and rolled back on node #". */
export function shapeOf(sentence: string): string {
  return sentence.replaceAll(/\d+(?:[:.]\d+)*/g, "#").replaceAll(/#(?:, #)+/g, "#");
}
