import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDependencies, sessionOrder } from "./dependencies.ts";
import { orderByDependency } from "./dependency-order.ts";
import { handMade } from "./hand-made.ts";
import { largeHistory } from "./large-histories.ts";
import { findClosedEdges } from "./parallel-si.ts";
import type { CommittedTransactions } from "./units.ts";
import { orderVersions, type VersionOrder } from "./versions.ts";

/** All RW edges A -> B with a path of D from B to A, by following every path. */
function closedEdges(units: CommittedTransactions, versions: VersionOrder): Set<string> {
  const { from, to, wwEnd } = findDependencies(units, versions);
  const previous = sessionOrder(units);
  const successors: number[][] = Array.from({ length: units.count }, () => []);
  for (let edge = 0; edge < wwEnd; edge++) successors[from[edge]!]!.push(to[edge]!);
  for (let unit = 0; unit < units.count; unit++) {
    if (previous[unit]! >= 0) successors[previous[unit]!]!.push(unit);
  }
  const closed = new Set<string>();
  for (let edge = wwEnd; edge < from.length; edge++) {
    const seen = new Set([to[edge]!]);
    for (const unit of seen) for (const next of successors[unit]!) seen.add(next);
    if (seen.has(from[edge]!)) closed.add(`${from[edge]} ${to[edge]}`);
  }
  return closed;
}

const histories = fc.record({
  seed: fc.nat(),
  transactions: fc.constantFrom(30, 120, 300),
  // More than there are lanes in one pass, and far more.
  sessions: fc.constantFrom(2, 20, 150),
  keys: fc.constantFrom(4, 12, 60),
  lag: fc.constantFrom(0, 3, 20),
  spoil: fc.constantFrom(0, 1, 15),
  lost: fc.constantFrom(0, 30),
});

describe("parallel snapshot isolation", () => {
  it("finds exactly the RW edges that a path of D closes, however many sessions there are", () => {
    let held = 0;
    let violated = 0;
    fc.assert(
      fc.property(histories, (parameters) => {
        const units = handMade(largeHistory(parameters));
        const versions = orderVersions(units);
        const previous = sessionOrder(units);
        const order = orderByDependency(units, versions, previous);
        // A session that reads what is not yet: then D itself has a cycle.
        if (order === null) return;
        const { readers, writers } = findClosedEdges(units, versions, order, previous);
        const found = new Set(readers.map((reader, index) => `${reader} ${writers[index]}`));
        expect(found).toEqual(closedEdges(units, versions));
        if (found.size > 0) violated += 1;
        else held += 1;
      }),
      { numRuns: 300 },
    );
    expect(held).toBeGreaterThan(20);
    expect(violated).toBeGreaterThan(20);
  });
});

describe("the order of dependencies", () => {
  it("has each unit after those that it depends on, and is that of begins in a serial history", () => {
    const units = handMade(
      largeHistory({ seed: 7, transactions: 200, sessions: 5, keys: 10, lag: 0, spoil: 0 }),
    );
    const order = orderByDependency(units, orderVersions(units), sessionOrder(units));
    expect(Array.from(order!.sequence)).toEqual(Array.from({ length: units.count }, (_, unit) => unit));
  });
});
