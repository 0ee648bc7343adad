/** The names of the mutants, apart from the mutants themselves, which need scenarios. */
export const MUTANT_NAMES = [
  "accepts-any-term",
  "acks-before-flush",
  "acknowledges-early",
  "aborts-by-right",
  "aborts-after-voting",
  "acceptor-amnesia",
  "applier-wins",
  "breaks-foreign-keys",
  "commits-on-majority",
  "commits-with-own-stamp",
  "equivocates",
  "forgets-clock",
  "ignores-undecided",
  "keeps-own-promise-secret",
  "loses-a-row",
  "never-resolves",
  "parallel-committer",
  "prepares-without-vote",
  "recomputes-csn",
] as const;

export type MutantName = (typeof MUTANT_NAMES)[number];
