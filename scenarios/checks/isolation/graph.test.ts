import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createArena } from "./arena.ts";
import { addEdge, cyclicNodes, type Graph, graphOf, stronglyConnected } from "./graph.ts";

type Pair = [number, number];

const graphs = fc.integer({ min: 1, max: 12 }).chain((nodes) =>
  fc.record({
    nodes: fc.constant(nodes),
    pairs: fc.array(fc.tuple(fc.nat(nodes - 1), fc.nat(nodes - 1)), { maxLength: 24 }),
  }),
);

function build(nodes: number, pairs: readonly Pair[]): Graph {
  const edges = { from: new Int32Array(pairs.length), to: new Int32Array(pairs.length), length: 0 };
  for (const [from, to] of pairs) addEdge(edges, from, to);
  return graphOf(createArena(0), nodes, edges);
}

/** Whether a path of at least one edge leads from each node to each other. */
function closure(nodes: number, pairs: readonly Pair[]): boolean[][] {
  const reaches = Array.from({ length: nodes }, () => new Array<boolean>(nodes).fill(false));
  for (const [from, to] of pairs) reaches[from]![to] = true;
  for (let via = 0; via < nodes; via++) {
    for (let from = 0; from < nodes; from++) {
      for (let to = 0; to < nodes; to++) {
        if (reaches[from]![via] && reaches[via]![to]) reaches[from]![to] = true;
      }
    }
  }
  return reaches;
}

describe("graphs", () => {
  it("keep their edges, by node", () => {
    fc.assert(
      fc.property(graphs, ({ nodes, pairs }) => {
        const { start, targets } = build(nodes, pairs);
        const found: Pair[] = [];
        for (let node = 0; node < nodes; node++) {
          for (let edge = start[node]!; edge < start[node + 1]!; edge++) found.push([node, targets[edge]!]);
        }
        const sorted = (list: readonly Pair[]) => list.map(String).sort();
        expect(sorted(found)).toEqual(sorted(pairs));
      }),
    );
  });

  it("have cyclic nodes exactly if some node reaches itself, and all that do are among them", () => {
    fc.assert(
      fc.property(graphs, ({ nodes, pairs }) => {
        const reaches = closure(nodes, pairs);
        const cyclic = cyclicNodes(createArena(0), build(nodes, pairs));
        const onCycle = reaches.map((row, node) => row[node]!);
        if (cyclic === null) expect(onCycle).not.toContain(true);
        else for (let node = 0; node < nodes; node++) expect(!onCycle[node] || cyclic[node] === 1).toBe(true);
        if (!onCycle.includes(true)) expect(cyclic).toBeNull();
      }),
    );
  });

  it("have components of nodes that reach each other", () => {
    fc.assert(
      fc.property(graphs, ({ nodes, pairs }) => {
        const reaches = closure(nodes, pairs);
        const { of, sizes } = stronglyConnected(build(nodes, pairs), new Uint8Array(nodes).fill(1));
        for (let one = 0; one < nodes; one++) {
          let size = 1;
          for (let other = 0; other < nodes; other++) {
            if (one === other) continue;
            const together = reaches[one]![other]! && reaches[other]![one]!;
            expect(of[one]! >= 0 && of[one] === of[other]).toBe(together);
            if (together) size += 1;
          }
          expect(of[one]! >= 0 ? sizes[of[one]!] : 1).toBe(size);
        }
      }),
    );
  });

  it("have no components among nodes that are not marked", () => {
    const graph = build(3, [
      [0, 1],
      [1, 0],
      [1, 2],
      [2, 1],
    ]);
    const { of, sizes } = stronglyConnected(graph, Uint8Array.from([1, 1, 0]));
    expect(sizes).toEqual([2]);
    expect(Array.from(of)).toEqual([0, 0, -1]);
  });
});
