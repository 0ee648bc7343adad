/** Histories of any size for benchmarks: a serial execution of transfers, or of appends, in O(1) a transaction. */
import type { Csn } from "../protocol/csn.ts";
import type { StatementResult, TableDefinition } from "../protocol/database.ts";
import { type Gid, makeGid } from "../protocol/gid.ts";
import type { ClientTransaction, ListStep } from "../scenarios/checks/inferred/transactions.ts";
import { createRandom } from "../scenarios/checks/isolation/large-histories.ts";
import type { RowHistory, RowOperation, RowTransaction } from "../scenarios/history.ts";

export const ACCOUNTS: TableDefinition = {
  name: "accounts",
  columns: ["id", "balance"],
  key: "id",
  unique: [],
  references: [],
};

const SESSIONS = 30;
const KEYS = 10_000;
/** How many transactions run at once, so that real time orders some and not others. */
const OVERLAP = 8;

export interface LabelledHistory {
  readonly history: RowHistory;
  readonly committed: ReadonlyMap<Gid, Csn>;
}

/** Every fifth transaction reads two accounts, the others read two and change both. */
export function transfers(transactions: number): LabelledHistory {
  const random = createRandom(1);
  const writerOf = new Array<Gid>(KEYS).fill(0);
  const committed = new Map<Gid, Csn>();
  const records: RowTransaction[] = [];
  let commits = 0;
  for (let id = 0; id < transactions; id++) {
    const one = random(KEYS);
    const keys = [one, (one + 1 + random(KEYS - 1)) % KEYS].sort((left, right) => left - right);
    const writes = id % 5 !== 0;
    const gid = writes ? makeGid(1 + (id % 3), id + 1) : 0;
    const snapshot = { csn: 2 * commits, count: commits };
    const at = 10 * id;
    const operation = (
      statement: RowOperation["statement"],
      result: Partial<StatementResult>,
    ): RowOperation => ({
      statement,
      invokedAt: at,
      completedAt: at + 1,
      result: { rows: [], versions: [], count: 2, replaced: 0, snapshot, ...result },
      error: null,
    });
    const operations = [
      operation(
        { type: "select", table: "accounts", keys },
        { rows: keys.map((key) => [key, 100]), versions: keys.map((key) => writerOf[key]!) },
      ),
    ];
    if (writes) {
      for (const key of keys) {
        operations.push(
          operation(
            { type: "update", table: "accounts", key, set: [{ column: "balance", add: 1 }] },
            { count: 1, replaced: writerOf[key]! },
          ),
        );
        writerOf[key] = gid;
      }
      commits += 1;
      committed.set(gid, 2 * commits);
    }
    records.push({
      id,
      session: id % SESSIONS,
      node: 1 + (id % 3),
      isolation: "repeatable read",
      beganAt: at,
      operations,
      endingAt: at + 2,
      endedAt: at + 10 * OVERLAP,
      outcome: "committed",
      gid,
      csn: writes ? 2 * commits : 0,
      error: null,
    });
  }
  return { history: { transactions: records }, committed };
}

/** Lists of at most `LONGEST` elements, as Elle's generator makes them: then their key is used no more. */
export function appends(transactions: number): ClientTransaction<ListStep>[] {
  const LONGEST = 32;
  const ACTIVE = 16;
  const random = createRandom(2);
  const lists = Array.from({ length: ACTIVE }, (_, key) => ({ key, elements: [] as number[] }));
  let keys = ACTIVE;
  const made: ClientTransaction<ListStep>[] = [];
  for (let id = 0; id < transactions; id++) {
    const steps: ListStep[] = [];
    for (let step = 0; step < 4; step++) {
      const place = random(ACTIVE);
      const list = lists[place]!;
      if (random(2) === 0) {
        steps.push({ f: "r", key: list.key, value: list.elements.slice() });
        continue;
      }
      list.elements.push(list.elements.length + 1);
      steps.push({ f: "append", key: list.key, value: list.elements.length });
      if (list.elements.length === LONGEST) lists[place] = { key: keys++, elements: [] };
    }
    made.push({
      process: id % SESSIONS,
      outcome: "ok",
      invokedAt: 2 * id,
      completedAt: 2 * id + 1,
      steps,
    });
  }
  return made;
}

/** The history as Jepsen would write it, one operation a line. */
export function* jsonLines(history: readonly ClientTransaction<ListStep>[]): Generator<string> {
  for (const { process, invokedAt, completedAt, steps } of history) {
    const asked = steps.map(({ f, key, value }) => [f, key, f === "r" ? null : value]);
    yield JSON.stringify({ index: invokedAt, type: "invoke", process, f: "txn", value: asked });
    const told = steps.map(({ f, key, value }) => [f, key, value]);
    yield JSON.stringify({ index: completedAt, type: "ok", process, f: "txn", value: told });
  }
}

/** The same in EDN. */
export function* ednLines(history: readonly ClientTransaction<ListStep>[]): Generator<string> {
  for (const { process, invokedAt, completedAt, steps } of history) {
    const asked = steps.map(({ f, key, value }) => `[:${f} ${key} ${f === "r" ? "nil" : value}]`);
    yield `{:index ${invokedAt} :type :invoke :process ${process} :f :txn :value [${asked.join(" ")}]}`;
    const told = steps.map(
      ({ f, key, value }) => `[:${f} ${key} ${Array.isArray(value) ? `[${value.join(" ")}]` : value}]`,
    );
    yield `{:index ${completedAt} :type :ok :process ${process} :f :txn :value [${told.join(" ")}]}`;
  }
}
