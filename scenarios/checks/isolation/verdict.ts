/** What a check says of a run. `not exercised`: the run never reached what the check is about. */
export type Verdict = "holds" | "violated" | "not exercised";
