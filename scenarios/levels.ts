/** The isolation ladder (theory 4.4), strongest first. */
export const LEVELS = [
  "strict serializable",
  "serializable",
  "strong SI",
  "strong session SI",
  "GSI",
  "PSI",
  "update atomic",
  "read committed",
  "none",
] as const;

export type Level = (typeof LEVELS)[number];

/** Whether `level` is `floor` or stronger. */
export function isAtLeast(level: Level, floor: Level): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(floor);
}
