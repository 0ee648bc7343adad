import { describe, expect, it } from "vitest";
import { INTERLEAVINGS } from "./interleavings.ts";
import { createLab, play, tidy } from "./lab.ts";

describe("a server answers as PostgreSQL 15 and 18 do", () => {
  it.each(INTERLEAVINGS)("$name", ({ log }) => {
    expect(play(createLab(), log)).toBe(tidy(log));
  });
});
