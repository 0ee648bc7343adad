import { describe, expect, test } from "vitest";
import { createStreams, restoreStreams, saveStreams, streamOf } from "./random.ts";

describe("random streams", () => {
  test("the same seed and name give the same numbers, whatever other streams are drawn from", () => {
    const alone = streamOf(createStreams("7"), "network/1");
    const streams = createStreams("7");
    const mixed = streamOf(streams, "network/1");
    for (let index = 0; index < 100; index++) {
      streamOf(streams, `other/${index}`)();
      expect(mixed()).toBe(alone());
    }
  });

  test("other seeds and other names give other numbers", () => {
    const first = [...Array(1_000).keys()].map((name) => streamOf(createStreams("7"), `n/${name}`)());
    const second = [...Array(1_000).keys()].map((seed) => streamOf(createStreams(`${seed}`), "n")());
    expect(new Set([...first, ...second]).size).toBe(2_000);
  });

  test("neighbouring names are not correlated: chi-square of first draws in 100 cells stays near 99", () => {
    const cells = new Array(100).fill(0);
    for (let name = 0; name < 20_000; name++) {
      cells[Math.floor(streamOf(createStreams("42"), `link/${name}`)() * 100)] += 1;
    }
    const chiSquare = cells.reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(chiSquare).toBeGreaterThan(50);
    expect(chiSquare).toBeLessThan(160);
  });

  test("saved streams go on where they were", () => {
    const streams = createStreams("9");
    streamOf(streams, "a")();
    streamOf(streams, "b");
    const restored = restoreStreams("9", structuredClone(saveStreams(streams)));
    for (const name of ["a", "b", "new"]) {
      expect(streamOf(restored, name)()).toBe(streamOf(streams, name)());
    }
  });
});
