import { describe, expect, test } from "vitest";
import { beginSync, crashFile, createFile, endSync } from "./disk.ts";

describe("a file on a disk", () => {
  test("one fsync serves all that was written before it began, and the next one all that came meanwhile", () => {
    const file = createFile();
    file.written = 3;
    expect(beginSync(file)).toBe(true);
    file.written = 5;
    expect(beginSync(file)).toBe(false);
    file.written = 7;
    expect(beginSync(file)).toBe(false);
    expect(endSync(file)).toBe(true);
    expect(file.synced).toBe(3);
    expect(endSync(file)).toBe(false);
    expect(file.synced).toBe(7);
  });

  test("an fsync of nothing new does not begin", () => {
    const file = createFile();
    expect(beginSync(file)).toBe(false);
    file.written = 1;
    beginSync(file);
    endSync(file);
    expect(beginSync(file)).toBe(false);
  });

  test("a crash keeps what was synced, and of the rest what it is told to", () => {
    for (const [keep, left] of [
      [0, 4],
      [0.5, 7],
      [1, 10],
    ] as const) {
      const file = createFile();
      file.written = 4;
      beginSync(file);
      endSync(file);
      file.written = 10;
      beginSync(file);
      crashFile(file, keep);
      expect(file).toEqual({ written: left, synced: left, syncing: -1, wanted: false });
    }
  });
});
