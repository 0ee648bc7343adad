/** How people read transactions of a client's history, and the edges between them. */
import type { Anomaly } from "../isolation/anomalies.ts";
import type { Evidence, EvidenceEdge } from "../isolation/evidence.ts";
import type { ClientTransaction, ListStep, RegisterStep, Scalar } from "./transactions.ts";
import { ITEM_TABLE } from "./units-of.ts";

export interface Story<Step extends ListStep | RegisterStep> {
  readonly transactions: readonly ClientTransaction<Step>[];
  readonly introduced: Set<number>;
}

export function beginStory<Step extends ListStep | RegisterStep>(
  transactions: readonly ClientTransaction<Step>[],
): Story<Step> {
  return { transactions, introduced: new Set() };
}

/** "T3 (process 0, ops 3 and 7)", and "T3" from then on: it goes by the place of its invocation. */
export function nameTransaction<Step extends ListStep | RegisterStep>(
  { introduced, transactions }: Story<Step>,
  index: number,
): string {
  const { completedAt, invokedAt, process } = transactions[index]!;
  const name = `T${invokedAt}`;
  if (introduced.has(index)) return name;
  introduced.add(index);
  const answered = completedAt < Number.POSITIVE_INFINITY;
  return `${name} (process ${process}, ${answered ? `ops ${invokedAt} and ${completedAt}` : `op ${invokedAt}, outcome unknown`})`;
}

export function showScalar(value: Scalar): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

export function showKey(key: Scalar): string {
  return typeof key === "string" ? key : String(key);
}

/** Long lists are told by their ends. */
export function showList(values: readonly Scalar[]): string {
  const shown = values.length <= 8 ? values.map(showScalar) : [...values.slice(0, 3).map(showScalar), "..."];
  if (values.length > 8) shown.push(...values.slice(-3).map(showScalar));
  return `[${shown.join(" ")}]`;
}

/** What is no cycle. */
export function tell(anomaly: Anomaly, sentences: readonly string[], involved: readonly number[]): Evidence {
  return { anomaly, sentences, edges: [], transactions: [...new Set(involved)] };
}

/** The place of an edge's key among the history's keys; -1 of SO and RT. */
function keyOfEdge({ item }: EvidenceEdge): number {
  return item === null ? -1 : Number(item.slice(ITEM_TABLE.length + 1));
}

/** The edges of the ladder's evidence with keys as the history has them, and their sentences in its terms. */
export function retell<Step extends ListStep | RegisterStep>(
  transactions: readonly ClientTransaction<Step>[],
  keys: readonly Scalar[],
  evidence: Evidence,
): Evidence {
  if (evidence.edges.length === 0) return evidence;
  const story = beginStory(transactions);
  const sentences = evidence.edges.map((edge) => {
    const place = keyOfEdge(edge);
    return sentenceOf(story, edge, place < 0 ? null : keys[place]!);
  });
  const edges = evidence.edges.map((edge) => ({
    ...edge,
    item: edge.item === null ? null : showKey(keys[keyOfEdge(edge)]!),
  }));
  return { ...evidence, sentences, edges };
}

function sentenceOf<Step extends ListStep | RegisterStep>(
  story: Story<Step>,
  edge: EvidenceEdge,
  key: Scalar,
): string {
  const { transactions } = story;
  const before = transactions[edge.from]!;
  const after = transactions[edge.to]!;
  const from = nameTransaction(story, edge.from);
  const to = nameTransaction(story, edge.to);
  const at = showKey(key);
  switch (edge.kind) {
    case "WR":
      return `${from} ${write(before.steps, key)}, and ${to} read ${at} as ${read(after.steps, key)}.`;
    case "WW":
      return `${from} ${write(before.steps, key)}, and after it ${to} ${write(after.steps, key)}.`;
    case "RW":
      return `${from} read ${at} as ${read(before.steps, key)}, before ${to} ${write(after.steps, key)}.`;
    case "SO":
      return `${from} came before ${to} in process ${after.process}.`;
    case "RT":
      return `${from} completed (op ${before.completedAt}) before ${to} was invoked (op ${after.invokedAt}).`;
  }
}

/** "appended 1 2 to x", "wrote 3 to x". */
function write(steps: readonly (ListStep | RegisterStep)[], key: Scalar): string {
  const values: string[] = [];
  let verb = "wrote";
  for (const step of steps) {
    if (step.f === "r" || step.key !== key) continue;
    if (step.f === "append") verb = "appended";
    values.push(showScalar(step.value));
  }
  return `${verb} ${values.join(" and ")} to ${showKey(key)}`;
}

/** What the first read of the key returned. */
function read(steps: readonly (ListStep | RegisterStep)[], key: Scalar): string {
  const { value } = steps.find((step) => step.f === "r" && step.key === key)!;
  return Array.isArray(value) ? showList(value) : showScalar(value as Scalar);
}
