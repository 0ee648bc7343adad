import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHECKS } from "../../scenarios/checks/checks.ts";
import { parseScenario } from "../../scenarios/scenario.ts";
import { runScenario } from "../../sim/run.ts";
import { causeOf } from "../cause.ts";
import { scenarios } from "./arbitraries.ts";
import { checkScenario } from "./check-scenario.ts";

const RUNS = { runs: 60, seed: 20261123 };

describe("every check holds in random clusters with random disasters", () => {
  test("under 2PC", () => checkScenario(scenarios({ commit: "2pc" }), RUNS));
  test("under E3PC", () => checkScenario(scenarios({ commit: "e3pc" }), RUNS));
  test("under Paxos Commit", () => checkScenario(scenarios({ commit: "paxos-commit" }), RUNS));
});

describe("a failing property", () => {
  test("tells the smallest scenario and keeps it as a seed file that fails in the same way", () => {
    const folder = mkdtempSync(join(tmpdir(), "lockstep-property-"));
    const broken = scenarios({ commit: "2pc", mutant: "commits-with-own-stamp" });
    expect(() => checkScenario(broken, { ...RUNS, saveTo: folder })).toThrow(
      /fails by "same CSN".*\n\{\n {2}"name"/,
    );
    const [file] = readdirSync(folder);
    const { scenario, seed } = JSON.parse(readFileSync(join(folder, file as string), "utf8"));
    const again = runScenario(parseScenario(scenario), seed, { mode: "in place", checks: CHECKS });
    expect(causeOf(again)?.check).toBe("same CSN");
    rmSync(folder, { recursive: true });
  });

  test("tells how to run it without a folder to keep it in", () => {
    const broken = scenarios({ commit: "2pc", mutant: "commits-with-own-stamp" });
    expect(() => checkScenario(broken, RUNS)).toThrow("npx lockstep run FILE.json --seed");
  });

  test("of an arbitrary that draws no scenario tells what is wrong with it", () => {
    const wrong = fc.constant({ name: "wrong", nodes: 99 });
    expect(() => checkScenario(wrong, RUNS)).toThrow(/nodes: /);
  });
});
