/**
 * What is wrong with single lists, whatever the level: elements of aborted transactions (G1a), lists as a transaction
 * had them between two of its appends (G1b), elements that nobody appended or that are there twice, lists that do
 * not begin one another, and elements of one transaction with another's between them (G0).
 */
import type { Evidence } from "../isolation/evidence.ts";
import type { Lists } from "./lists.ts";
import { beginStory, nameTransaction, showKey, showList, showScalar, tell } from "./narration.ts";
import type { ClientTransaction, ListStep, Scalar } from "./transactions.ts";

type ListTransaction = ClientTransaction<ListStep>;

interface Looking {
  readonly transactions: readonly ListTransaction[];
  readonly lists: Lists;
  /** The first of each kind. */
  readonly found: Map<string, Evidence>;
}

const ORDER = [
  "garbage read",
  "duplicate elements",
  "aborted read",
  "intermediate read",
  "incompatible order",
  "write cycle",
];

/** One of each kind, the plainest first. */
export function findDirt(transactions: readonly ListTransaction[], lists: Lists): Evidence[] {
  const looking: Looking = { transactions, lists, found: new Map() };
  for (let key = 0; key < lists.keys.length; key++) {
    const reader = lists.longestReader[key]!;
    if (reader < 0) continue;
    checkElements(looking, key, lists.longest[key]!, 0, reader);
    checkRuns(looking, key);
  }
  for (let index = 0; index < transactions.length; index++) {
    const { outcome, steps } = transactions[index]!;
    if (outcome !== "ok") continue;
    for (const step of steps) if (step.f === "r" && step.value !== null) checkList(looking, index, step);
  }
  return ORDER.flatMap((kind) => looking.found.get(kind) ?? []);
}

type Read = Extract<ListStep, { f: "r" }>;

function checkList(looking: Looking, reader: number, { key: name, value }: Read): void {
  const { lists } = looking;
  const values = value!;
  const key = lists.numbers.get(name)!;
  const longest = lists.longest[key]!;
  for (let place = 0; place < values.length; place++) {
    if (values[place] === longest[place]) continue;
    checkElements(looking, key, values, place, reader);
    noteIncompatible(looking, key, values, reader);
    break;
  }
  checkEnd(looking, key, values, reader);
}

/** From `start` on. */
function checkElements(
  looking: Looking,
  key: number,
  values: readonly Scalar[],
  start: number,
  reader: number,
): void {
  const { lists, transactions } = looking;
  const appends = lists.appendOf[key]!;
  const seen = new Set<Scalar>(values.slice(0, start));
  for (let place = start; place < values.length; place++) {
    const value = values[place]!;
    if (seen.has(value)) noteDuplicate(looking, key, value, values, reader);
    seen.add(value);
    const append = appends.get(value);
    if (append === undefined) {
      noteGarbage(looking, key, value, values, reader);
      continue;
    }
    const writer = lists.appendTransaction.values[append]!;
    if (transactions[writer]!.outcome === "fail") noteAborted(looking, key, value, writer, reader);
  }
}

/** The last element that is not the reader's own has to be its writer's last. */
function checkEnd(
  { found, lists, transactions }: Looking,
  key: number,
  values: readonly Scalar[],
  reader: number,
): void {
  const { appendOf, appendTransaction, isLast } = lists;
  for (let place = values.length - 1; place >= 0; place--) {
    const append = appendOf[key]!.get(values[place]!);
    if (append === undefined) return;
    const writer = appendTransaction.values[append]!;
    if (writer === reader) continue;
    if (isLast.values[append] === 1 || found.has("intermediate read")) return;
    const story = beginStory(transactions);
    const sentences = [
      `${nameTransaction(story, writer)} appended ${showScalar(values[place]!)} to ${showKey(lists.keys[key]!)} and then more.`,
      `${nameTransaction(story, reader)} read ${showList(values)}, without the rest.`,
    ];
    found.set("intermediate read", tell("intermediate read", sentences, [writer, reader]));
    return;
  }
}

/** The elements of one transaction stand together. */
function checkRuns({ found, lists, transactions }: Looking, key: number): void {
  if (found.has("write cycle")) return;
  const appends = lists.appendOf[key]!;
  const values = lists.longest[key]!;
  const ended = new Map<number, number>();
  let last = -1;
  for (let place = 0; place < values.length; place++) {
    const append = appends.get(values[place]!);
    if (append === undefined) return;
    const writer = lists.appendTransaction.values[append]!;
    if (writer === last) continue;
    const end = ended.get(writer);
    if (end !== undefined) {
      const between = lists.appendTransaction.values[appends.get(values[end]!)!]!;
      const story = beginStory(transactions);
      const [one, other] = [nameTransaction(story, writer), nameTransaction(story, between)];
      const item = showKey(lists.keys[key]!);
      found.set("write cycle", {
        anomaly: "write cycle",
        sentences: [
          `${one} appended ${showScalar(values[end - 1]!)} to ${item}, and after it ${other} appended ${showScalar(values[end]!)}.`,
          `${other} appended ${showScalar(values[end]!)} to ${item}, and after it ${one} appended ${showScalar(values[place]!)}.`,
        ],
        edges: [
          { kind: "WW", from: writer, to: between, item },
          { kind: "WW", from: between, to: writer, item },
        ],
        transactions: [writer, between],
      });
      return;
    }
    // Where the writer's first elements end is noted when another's begin.
    if (last >= 0 && !ended.has(last)) ended.set(last, place);
    last = writer;
  }
}

function noteIncompatible(
  { found, lists, transactions }: Looking,
  key: number,
  values: readonly Scalar[],
  reader: number,
): void {
  if (found.has("incompatible order")) return;
  const other = lists.longestReader[key]!;
  const story = beginStory(transactions);
  const name = showKey(lists.keys[key]!);
  const sentences = [
    `${nameTransaction(story, reader)} read ${name} as ${showList(values)}.`,
    `${nameTransaction(story, other)} read it as ${showList(lists.longest[key]!)}: neither begins the other.`,
  ];
  found.set("incompatible order", tell("incompatible order", sentences, [reader, other]));
}

function noteDuplicate(
  { found, lists, transactions }: Looking,
  key: number,
  value: Scalar,
  values: readonly Scalar[],
  reader: number,
): void {
  if (found.has("duplicate elements")) return;
  const name = nameTransaction(beginStory(transactions), reader);
  const sentence = `${name} read ${showKey(lists.keys[key]!)} as ${showList(values)}, with ${showScalar(value)} more than once.`;
  found.set("duplicate elements", tell("duplicate elements", [sentence], [reader]));
}

function noteGarbage(
  { found, lists, transactions }: Looking,
  key: number,
  value: Scalar,
  values: readonly Scalar[],
  reader: number,
): void {
  if (found.has("garbage read")) return;
  const name = nameTransaction(beginStory(transactions), reader);
  const sentence = `${name} read ${showKey(lists.keys[key]!)} as ${showList(values)}, where nobody appended ${showScalar(value)}.`;
  found.set("garbage read", tell("garbage read", [sentence], [reader]));
}

function noteAborted(
  { found, lists, transactions }: Looking,
  key: number,
  value: Scalar,
  writer: number,
  reader: number,
): void {
  if (found.has("aborted read")) return;
  const story = beginStory(transactions);
  const sentences = [
    `${nameTransaction(story, writer)} appended ${showScalar(value)} to ${showKey(lists.keys[key]!)}, and failed.`,
    `${nameTransaction(story, reader)} read it nevertheless.`,
  ];
  found.set("aborted read", tell("aborted read", sentences, [writer, reader]));
}
