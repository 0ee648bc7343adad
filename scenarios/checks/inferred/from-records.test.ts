import { expect, test } from "vitest";
import { handMade, type Line, REGISTERS } from "../isolation/hand-made.ts";
import { listAppendOf } from "./from-records.ts";

/** What was read of a key, by transaction. */
function readsOf(key: string, lines: readonly Line[]): unknown[] {
  const units = handMade(lines);
  const committed = new Map([...units.commits.gid].map((gid, place) => [gid, units.commits.csn[place]!]));
  const transactions = listAppendOf(units.history, [REGISTERS], committed)!;
  return transactions.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.f === "r" && step.key === `r/${key}` ? [step.value] : [])),
  );
}

test("a version is read as the list of those before it", () => {
  const lines: Line[] = [
    { steps: [{ write: "x", over: "initial" }] },
    { steps: [{ write: "x", over: 0 }] },
    { steps: [{ read: "x", from: "initial" }] },
    { steps: [{ read: "x", from: 0 }] },
    { steps: [{ read: "x", from: 1 }] },
  ];
  expect(readsOf("x", lines)).toEqual([[], ["1:1"], ["1:1", "1:2"]]);
});

test("lists part where two transactions replaced one version", () => {
  const lines: Line[] = [
    { steps: [{ write: "x", over: "initial" }] },
    { steps: [{ write: "x", over: 0 }] },
    { steps: [{ write: "x", over: 0 }] },
    { steps: [{ write: "x", over: 2 }] },
    { steps: [{ read: "x", from: 1 }] },
    { steps: [{ read: "x", from: 3 }] },
  ];
  expect(readsOf("x", lines)).toEqual([
    ["1:1", "1:2"],
    ["1:1", "1:3", "1:4"],
  ]);
});

test("versions that replaced each other are read alone", () => {
  const lines: Line[] = [
    { steps: [{ write: "x", over: 1 }] },
    { steps: [{ write: "x", over: 0 }] },
    { steps: [{ write: "x", over: 1 }] },
    { steps: [{ read: "x", from: 0 }] },
    { steps: [{ read: "x", from: 2 }] },
  ];
  expect(readsOf("x", lines)).toEqual([["1:1"], ["1:3"]]);
});
