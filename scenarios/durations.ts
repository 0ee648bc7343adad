/** Spans of time as people write them, and as everything else here counts them: whole microseconds. */
import { z } from "zod";
import type { Micros } from "./history.ts";

const UNITS: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000, min: 60_000_000 };
const PATTERN = /^(-?\d+(?:\.\d+)?)(us|ms|s|min)$/;

/** "250us", "1.5ms", "10s", "2min", or a whole number of microseconds. */
export const duration = z
  .union([z.number(), z.string()], { error: 'expected a duration such as "250us", "1.5ms" or "10s"' })
  .transform((value, context): Micros => {
    const micros = toMicros(value);
    if (micros !== null) return micros;
    context.addIssue({
      code: "custom",
      message: `"${value}" is not a duration such as "250us", "1.5ms" or "10s"`,
    });
    return z.NEVER;
  });

/** A duration that is not negative. */
export const span = duration.refine((micros) => micros >= 0, { error: "a duration cannot be negative here" });

/** How long something takes: a fixed time, or drawn anew each time. */
export const distribution = z.union(
  [
    span.transform((us) => ({ kind: "fixed", us }) as const),
    z.strictObject({ kind: z.literal("fixed"), us: span }),
    z.strictObject({ kind: z.literal("uniform"), min: span, max: span }),
    z.strictObject({ kind: z.literal("exponential"), min: span, mean: span }),
  ],
  {
    error:
      'expected a duration, or {"kind": "uniform", "min", "max"}, or {"kind": "exponential", "min", "mean"}',
  },
);

/** Times in microseconds; exponential: `min` plus a draw with mean `mean`. */
export type Distribution = z.output<typeof distribution>;

/** For people: the largest unit that shows it in few digits. */
export function showMicros(us: Micros): string {
  if (us >= 1_000_000) return `${round(us / 1_000_000)} s`;
  if (us >= 1_000) return `${round(us / 1_000)} ms`;
  return `${us} us`;
}

function toMicros(value: number | string): Micros | null {
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : null;
  const match = PATTERN.exec(value);
  if (match === null) return null;
  const micros = Number(match[1]) * (UNITS[match[2] ?? ""] ?? Number.NaN);
  return Math.round(micros);
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toFixed(value >= 10 ? 1 : 2)));
}
