/**
 * Whether a transaction's reads agree with its own earlier steps ("internal" of Elle; INT of Cerone, Bernardi and
 * Gotsman, CONCUR 2015): a list read again is what it was, with the transaction's own appends since at its end.
 */
import type { Evidence } from "../isolation/evidence.ts";
import { beginStory, nameTransaction, showKey, showList, tell } from "./narration.ts";
import type { ClientTransaction, ListStep, Scalar } from "./transactions.ts";

type ListTransaction = ClientTransaction<ListStep>;

export function findContradiction(transactions: readonly ListTransaction[], index: number): Evidence | null {
  const { steps } = transactions[index]!;
  for (let place = 0; place < steps.length; place++) {
    const step = steps[place]!;
    if (step.f !== "r" || step.value === null) continue;
    const expected = expectedAt(steps, place);
    if (expected.list === null ? endsWith(step.value, expected.own) : isSame(step.value, expected)) {
      const ownLater = laterElementIn(steps, place, step.value);
      if (ownLater === null) continue;
      const sentence = `${nameTransaction(beginStory(transactions), index)} read ${showKey(step.key)} as ${showList(step.value)}, and only then appended ${JSON.stringify(ownLater)}.`;
      return tell("internal inconsistency", [sentence], [index]);
    }
    const name = nameTransaction(beginStory(transactions), index);
    const key = showKey(step.key);
    const should =
      expected.list === null
        ? `should end with its own ${showList(expected.own)}`
        : `should be ${showList([...expected.list, ...expected.own])}`;
    const sentence = `${name} read ${key} as ${showList(step.value)}, which by its own earlier steps ${should}.`;
    return tell("internal inconsistency", [sentence], [index]);
  }
  return null;
}

interface Expected {
  /** The list of the last read before; null if there was none. */
  readonly list: readonly Scalar[] | null;
  /** What the transaction has appended since, or at all. */
  readonly own: readonly Scalar[];
}

const NOTHING: Expected = { list: null, own: [] };

function expectedAt(steps: readonly ListStep[], place: number): Expected {
  const { key } = steps[place]!;
  let expected: Expected = NOTHING;
  for (let earlier = 0; earlier < place; earlier++) {
    const step = steps[earlier]!;
    if (step.key !== key) continue;
    if (step.f === "append") expected = { list: expected.list, own: [...expected.own, step.value] };
    else if (step.value !== null) expected = { list: step.value, own: [] };
  }
  return expected;
}

function endsWith(values: readonly Scalar[], end: readonly Scalar[]): boolean {
  const from = values.length - end.length;
  return from >= 0 && end.every((value, place) => values[from + place] === value);
}

function isSame(values: readonly Scalar[], { list, own }: Expected): boolean {
  if (list === null || values.length !== list.length + own.length || !endsWith(values, own)) return false;
  for (let place = 0; place < list.length; place++) {
    if (values[place] !== list[place]) return false;
  }
  return true;
}

/** An element of the list that the transaction itself appends only later. */
function laterElementIn(steps: readonly ListStep[], place: number, values: readonly Scalar[]): Scalar | null {
  const { key } = steps[place]!;
  for (let later = place + 1; later < steps.length; later++) {
    const step = steps[later]!;
    if (step.f === "append" && step.key === key && values.includes(step.value)) return step.value;
  }
  return null;
}
