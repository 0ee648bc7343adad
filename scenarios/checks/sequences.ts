/**
 * What values of a sequence may be, whichever nodes draw them.
 *
 * Values of transactions that wrote nothing else are not compared between sessions: PostgreSQL itself may give them
 * again after a crash (see sim/postgres/sequences.ts).
 */
import type { History, Operation, TransactionRecord } from "../history.ts";
import { type Check, type Finding, holds, notExercised, violated } from "./check.ts";

export const distinctNumbers: Check = {
  name: "distinct numbers",
  holds:
    "no two committed transactions drew one value of a sequence, on whatever nodes; a session's values rise, and where sequences are monotonic so do those of transactions that follow each other",
  source: "mmts 6.3, 9.5 F9; PostgreSQL documentation, Sequence Manipulation Functions",
  begin: (scenario) => ({
    on: {},
    end: ({ history }) => {
      const drawn = valuesDrawn(history);
      if (drawn.length === 0) return notExercised("no value of a sequence was drawn");
      const monotonic = scenario.protocol.monotonicSequences;
      return drawnTwice(drawn) ?? fallInSession(drawn) ?? (monotonic ? fallInTime(drawn) : null) ?? holds();
    },
  }),
};

/** One value that a client was given. */
interface Drawn {
  readonly sequence: string;
  readonly value: number;
  readonly invokedAt: number;
  readonly by: TransactionRecord;
}

/** In order of invocation. What was created meanwhile may be several sequences of one name, in turn or in several schemas. */
function valuesDrawn({ transactions }: History): Drawn[] {
  const drawn: Drawn[] = [];
  const created = new Set(transactions.flatMap(({ operations }) => operations.map(sequenceCreated)));
  for (const by of transactions) {
    for (const { statement, result, invokedAt } of by.operations) {
      if (statement.type !== "nextval" || result === null || created.has(statement.sequence)) continue;
      drawn.push({ sequence: statement.sequence, value: Number(result.rows[0]?.[0]), invokedAt, by });
    }
  }
  return drawn.sort((one, other) => one.invokedAt - other.invokedAt);
}

function sequenceCreated({ statement }: Operation): string | null {
  return statement.type === "create sequence" ? statement.sequence : null;
}

function isAcknowledged({ outcome, gid }: TransactionRecord): boolean {
  return outcome === "committed" && gid !== 0;
}

function drawnTwice(drawn: readonly Drawn[]): Finding | null {
  const owners = new Map<string, Drawn>();
  for (const each of drawn) {
    if (!isAcknowledged(each.by)) continue;
    const name = `${each.sequence}/${each.value}`;
    const owner = owners.get(name);
    if (owner !== undefined) {
      return violated(
        `${each.sequence} gave ${each.value} to ${show(owner)} and to ${show(each)}; both committed`,
      );
    }
    owners.set(name, each);
  }
  return null;
}

function fallInSession(drawn: readonly Drawn[]): Finding | null {
  const last = new Map<string, Drawn>();
  for (const each of drawn) {
    const name = `${each.by.session}/${each.sequence}`;
    const before = last.get(name);
    if (before !== undefined && before.value >= each.value) {
      return violated(
        `session ${each.by.session} drew ${each.value} from ${each.sequence} after ${before.value}`,
      );
    }
    last.set(name, each);
  }
  return null;
}

/** A value that was asked for after a transaction was acknowledged is greater than what that had drawn. */
function fallInTime(drawn: readonly Drawn[]): Finding | null {
  const ended = drawn
    .filter(({ by }) => isAcknowledged(by))
    .sort((one, other) => one.by.endedAt - other.by.endedAt);
  const greatest = new Map<string, Drawn>();
  let taken = 0;
  for (const each of drawn) {
    for (; taken < ended.length && ended[taken]!.by.endedAt < each.invokedAt; taken++) {
      const known = ended[taken]!;
      if (known.value > (greatest.get(known.sequence)?.value ?? 0)) greatest.set(known.sequence, known);
    }
    const before = greatest.get(each.sequence);
    if (before === undefined || before.value < each.value) continue;
    return violated(
      `${show(before)} drew ${before.value} from ${each.sequence} and committed at ${before.by.endedAt} us; ${show(each)} asked at ${each.invokedAt} us and drew ${each.value}`,
    );
  }
  return null;
}

function show({ by }: Drawn): string {
  return `transaction ${by.id} (node ${by.node})`;
}
