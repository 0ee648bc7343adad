export const MUTANT_NAMES = ["none yet"] as const;
