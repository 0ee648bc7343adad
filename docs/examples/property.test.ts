import { test } from "vitest";
import { scenarios } from "../../explore/property/arbitraries.ts";
import { checkScenario } from "../../explore/property/check-scenario.ts";

test("E3PC", () =>
  checkScenario(scenarios({ commit: "e3pc" }), { seed: 1, saveTo: "scenarios/regressions" }));
