/**
 * Random list-append histories: what a true snapshot-isolated or serial store did holds at its level, also when many
 * transactions interleave; and what was spoilt is judged as a brute-force search over all orders judges it.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isAtLeast } from "../../levels.ts";
import { checkListAppend } from "./check-list-append.ts";
import { checkRegisters } from "./check-registers.ts";
import { isPossible } from "./list-brute-force.ts";
import type { ClientTransaction, ListStep, RegisterStep, Scalar } from "./transactions.ts";

type Transaction = ClientTransaction<ListStep>;

interface Plan {
  /** Of each transaction: its steps as [key, whether it appends]. */
  readonly transactions: readonly (readonly (readonly [number, boolean])[])[];
  /** Which client goes on, move by move. */
  readonly moves: readonly number[];
}

const CLIENTS = 3;

function plans(transactions: number, steps: number): fc.Arbitrary<Plan> {
  const step = fc.tuple(fc.nat(2), fc.boolean());
  return fc.record({
    transactions: fc.array(fc.array(step, { minLength: 1, maxLength: steps }), {
      minLength: 2,
      maxLength: transactions,
    }),
    moves: fc.array(fc.nat(CLIENTS - 1), { minLength: 4 * transactions, maxLength: 12 * transactions }),
  });
}

interface Running {
  readonly index: number;
  readonly invokedAt: number;
  readonly snapshot: ReadonlyMap<number, readonly Scalar[]>;
  readonly commits: number;
  readonly own: Map<number, Scalar[]>;
  readonly steps: ListStep[];
}

/**
 * A store with a snapshot for each transaction and first committer wins; `serial`: a transaction also fails if what
 * it read was changed. Its clients take turns as the plan says.
 */
function execute({ moves, transactions }: Plan, serial: boolean): Transaction[] {
  let store: ReadonlyMap<number, readonly Scalar[]> = new Map();
  const changedAt = new Map<number, number>();
  const running: (Running | null)[] = new Array<Running | null>(CLIENTS).fill(null);
  const done: Transaction[] = [];
  let begun = 0;
  let commits = 0;
  let elements = 0;
  const finish = (client: number, at: number): void => {
    const { commits: seen, invokedAt, own, snapshot, steps } = running[client]!;
    const watched = serial ? steps.map(({ key }) => key as number) : [...own.keys()];
    const isFirst = watched.every((key) => (changedAt.get(key) ?? 0) <= seen);
    if (isFirst && own.size > 0) {
      commits += 1;
      const after = new Map(store);
      for (const [key, added] of own) {
        after.set(key, [...(snapshot.get(key) ?? []), ...added]);
        changedAt.set(key, commits);
      }
      store = after;
    }
    done.push({ process: client, outcome: isFirst ? "ok" : "fail", invokedAt, completedAt: at, steps });
    running[client] = null;
  };
  const advance = (client: number, at: number): void => {
    const now = running[client] ?? null;
    if (now === null) {
      if (begun < transactions.length) {
        running[client] = {
          index: begun++,
          invokedAt: at,
          snapshot: store,
          commits,
          own: new Map(),
          steps: [],
        };
      }
      return;
    }
    const next = transactions[now.index]![now.steps.length];
    if (next === undefined) return finish(client, at);
    const [key, appends] = next;
    const added = now.own.get(key) ?? [];
    if (appends) {
      now.own.set(key, [...added, ++elements]);
      now.steps.push({ f: "append", key, value: elements });
    } else now.steps.push({ f: "r", key, value: [...(now.snapshot.get(key) ?? []), ...added] });
  };
  moves.forEach((client, at) => {
    advance(client, at);
  });
  for (let at = moves.length; running.some((now) => now !== null); at++) {
    advance(
      running.findIndex((now) => now !== null),
      at,
    );
  }
  return done.sort((one, other) => one.invokedAt - other.invokedAt);
}

/** Drops the last element of some read, or swaps what two reads returned. */
function spoil(
  transactions: Transaction[],
  [first, second, swaps]: readonly [number, number, boolean],
): Transaction[] {
  const spoilt = transactions.map((transaction) => ({
    ...transaction,
    steps: transaction.steps.map((step) => ({ ...step })),
  }));
  const reads = spoilt
    .filter(({ outcome }) => outcome === "ok")
    .flatMap(({ steps }) => steps)
    .filter((step): step is { f: "r"; key: Scalar; value: Scalar[] } => step.f === "r");
  if (reads.length === 0) return spoilt;
  const one = reads[first % reads.length]!;
  const same = reads.filter(({ key }) => key === one.key);
  const other = same[second % same.length]!;
  if (swaps) [one.value, other.value] = [other.value, one.value];
  else one.value = one.value.slice(0, -1);
  return spoilt;
}

function toRegisters({ steps, ...transaction }: Transaction): ClientTransaction<RegisterStep> {
  return {
    ...transaction,
    steps: steps.map((step): RegisterStep => {
      const { key } = step;
      if (step.f === "append") return { f: "w", key, value: step.value };
      return { f: "r", key, value: step.value![step.value!.length - 1] ?? null };
    }),
  };
}

describe("what a true store did", () => {
  test("under snapshot isolation holds at strong SI, whatever interleaves", () => {
    fc.assert(
      fc.property(plans(40, 5), (plan) => {
        const { levels } = checkListAppend(execute(plan, false));
        for (const level of ["strong SI", "strong session SI", "GSI", "PSI", "update atomic"] as const) {
          expect(["holds", "not exercised"]).toContain(levels[level]);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("serially is strict serializable", () => {
    fc.assert(
      fc.property(plans(40, 5), (plan) => {
        const { levels } = checkListAppend(execute(plan, true));
        expect(["holds", "not exercised"]).toContain(levels["strict serializable"]);
      }),
      { numRuns: 400 },
    );
  });

  test("as told by clients some of whose answers were lost, loses nothing", () => {
    fc.assert(
      fc.property(plans(20, 4), fc.array(fc.nat(19), { maxLength: 4 }), (plan, lost) => {
        const told = execute(plan, false).map((transaction, index): Transaction => {
          if (!lost.includes(index) || transaction.outcome === "fail") return transaction;
          return { ...transaction, outcome: "info", completedAt: Number.POSITIVE_INFINITY };
        });
        expect(checkListAppend(told).levels["strong SI"]).not.toBe("violated");
      }),
      { numRuns: 400 },
    );
  });
});

describe("what was spoilt is judged as all orders tried out judge it", () => {
  const spoilt = fc
    .tuple(
      plans(5, 3),
      fc.boolean(),
      fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.boolean()), { maxLength: 2 }),
    )
    .map(([plan, serial, changes]) => changes.reduce(spoil, execute(plan, serial)));

  test.each(["strict serializable", "serializable", "strong SI", "strong session SI", "GSI"] as const)(
    "%s",
    (level) => {
      let violated = 0;
      fc.assert(
        fc.property(spoilt, (transactions) => {
          const { levels } = checkListAppend(transactions);
          if (levels[level] === "not exercised") return;
          const possible = isPossible(transactions, level);
          if (!possible) violated += 1;
          if (levels[level] === "unknown") return;
          expect(levels[level]).toBe(possible ? "holds" : "violated");
        }),
        { numRuns: 1_500 },
      );
      expect(violated).toBeGreaterThan(50);
    },
  );

  test.each(["strict serializable", "serializable", "strong SI", "strong session SI", "GSI"] as const)(
    "registers: %s",
    (level) => {
      const seen = { holds: 0, violated: 0, unknown: 0, "not exercised": 0 };
      fc.assert(
        fc.property(spoilt, (transactions) => {
          const lasts = transactions.map((transaction) => ({
            ...transaction,
            steps: transaction.steps.map((step) =>
              step.f === "r" ? { ...step, value: step.value!.slice(-1) } : step,
            ),
          }));
          const verdict = checkRegisters(lasts.map(toRegisters)).levels[level];
          seen[verdict] += 1;
          if (verdict !== "holds" && verdict !== "violated") return;
          expect(verdict).toBe(isPossible(lasts, level, true) ? "holds" : "violated");
        }),
        { numRuns: 1_500 },
      );
      expect(seen.violated).toBeGreaterThan(50);
      expect(seen.unknown).toBeLessThan(seen.violated);
    },
  );

  test("the strongest level is at least that of what was not spoilt", () => {
    fc.assert(
      fc.property(plans(5, 3), (plan) => {
        const { levels, strongest } = checkListAppend(execute(plan, false));
        if (levels["read committed"] === "not exercised") return;
        expect(isAtLeast(strongest, "strong SI")).toBe(true);
      }),
    );
  });
});
