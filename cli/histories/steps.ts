/** The value of a transaction: [[append 5 3] [r 5 [1 3]]] of a list-append history, [[w 5 3] [r 5 3]] of a register one. */
import type { ListStep, RegisterStep, Scalar } from "../../scenarios/checks/inferred/transactions.ts";
import { failAt, type Source } from "./source.ts";
import { isList, type Tree, type TreeList } from "./tree.ts";

type AnyStep = ListStep | RegisterStep;

/** What kind of history it is, once that is clear, and where it became so. */
export interface Steps {
  kind: "list-append" | "rw-register" | null;
}

export function createSteps(): Steps {
  return { kind: null };
}

/** Throws UserError. `asked` or `told`: whether reads have their results. */
export function readSteps(
  source: Source,
  known: Steps,
  value: Tree,
  at: number,
  when: "asked" | "told",
): AnyStep[] {
  if (!isList(value))
    failAt(source, at, `a transaction's value is ${show(value)}; expected a list of operations`);
  return value.items.map((item) => {
    if (!isList(item)) failAt(source, value.at, `${show(item)} is no operation; expected e.g. [r 5 nil]`);
    return readStep(source, known, item, when);
  });
}

function readStep(source: Source, known: Steps, item: TreeList, when: "asked" | "told"): AnyStep {
  const { at, items } = item;
  const f = items[0];
  const key = items[1];
  const value = items[2];
  if (f !== "append" && f !== "r" && f !== "w") {
    failAt(source, at, `unknown operation ${show(f)}; expected append, r or w`);
  }
  if (items.length !== 3)
    failAt(source, at, `${f} has ${items.length - 1} arguments; expected a key and a value`);
  if (!isScalar(key)) failAt(source, at, `the key of ${f} is a collection`);
  if (f === "r") return readRead(source, known, at, key, value!, when);
  settle(source, known, f === "append" ? "list-append" : "rw-register", at);
  if (!isScalar(value) || value === null) failAt(source, at, `${f} needs a value that is one number or text`);
  return { f, key, value };
}

function readRead(
  source: Source,
  known: Steps,
  at: number,
  key: Scalar,
  value: Tree,
  when: "asked" | "told",
): AnyStep {
  if (when === "asked" || value === null) return { f: "r", key, value: null };
  if (isScalar(value)) {
    settle(source, known, "rw-register", at);
    return { f: "r", key, value };
  }
  settle(source, known, "list-append", at);
  if (!isList(value)) failAt(source, at, "what r read is a map");
  if (!value.items.every(isScalar)) failAt(source, at, "what r read has a collection in it");
  return { f: "r", key, value: value.items as Scalar[] };
}

function settle(source: Source, known: Steps, kind: "list-append" | "rw-register", at: number): void {
  known.kind ??= kind;
  if (known.kind === kind) return;
  failAt(source, at, `this is of a ${kind} history, and what came before of a ${known.kind} one`);
}

function isScalar(tree: Tree | undefined): tree is Scalar {
  return tree !== undefined && (tree === null || typeof tree !== "object");
}

function show(tree: Tree | undefined): string {
  if (tree === undefined) return "nothing";
  if (isScalar(tree)) return JSON.stringify(tree);
  return isList(tree) ? "a list" : "a map";
}
