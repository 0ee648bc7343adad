/** The names of the mutants, apart from the mutants themselves, which need scenarios. */
export const MUTANT_NAMES = [
  "aborts-after-voting",
  "aborts-by-right",
  "acceptor-amnesia",
  "accepts-any-term",
  "acknowledges-early",
  "acks-before-flush",
  "applier-wins",
  "breaks-foreign-keys",
  "commits-by-decision",
  "commits-on-majority",
  "commits-twice",
  "commits-with-own-stamp",
  "corrupts-a-row",
  "deaf-to-commits",
  "equivocates",
  "forgets-clock",
  "ignores-undecided",
  "keeps-own-promise-secret",
  "loses-a-row",
  "never-resolves",
  "parallel-committer",
  "prepares-without-vote",
  "reads-ahead",
  "recomputes-csn",
] as const;

export type MutantName = (typeof MUTANT_NAMES)[number];
