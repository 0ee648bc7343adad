/** Compares a run with a trace event by event, without keeping the run's own events. */
import type { TraceEvent } from "./trace.ts";

export interface Difference {
  /** Counted from 1. */
  readonly event: number;
  /** Null: the recorded run had ended. */
  readonly recorded: TraceEvent | null;
  /** Null: the replayed run has ended. */
  readonly replayed: TraceEvent | null;
}

export interface TraceComparer {
  take(event: TraceEvent): void;
  /** The first difference; null if there is none. */
  end(): Difference | null;
}

/** Null: nothing was recorded, and nothing differs. */
export function createComparer(recorded: readonly TraceEvent[] | null): TraceComparer {
  let count = 0;
  let difference: Difference | null = null;
  return {
    take(event) {
      count += 1;
      if (recorded === null || difference !== null) return;
      const expected = recorded[count - 1] ?? null;
      if (expected !== null && isSame(expected, event)) return;
      difference = { event: count, recorded: expected, replayed: event };
    },
    end() {
      const next = recorded?.[count];
      if (difference !== null || next === undefined) return difference;
      return { event: count + 1, recorded: next, replayed: null };
    },
  };
}

function isSame(one: TraceEvent, other: TraceEvent): boolean {
  return (
    one.digest === other.digest && one.at === other.at && one.node === other.node && one.what === other.what
  );
}
