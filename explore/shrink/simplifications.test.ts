import { expect, test } from "vitest";
import { CATALOGUE } from "../../scenarios/catalogue/catalogue.ts";
import { parseScenario } from "../../scenarios/scenario.ts";
import { SIMPLIFICATIONS } from "./simplifications.ts";

test.each(CATALOGUE)("whatever is simpler than $name is a scenario that parses to itself", (input) => {
  const scenario = parseScenario(input);
  for (const simplify of Object.values(SIMPLIFICATIONS)) {
    for (const simpler of simplify(scenario)) {
      expect(parseScenario(JSON.parse(JSON.stringify(simpler)))).toEqual(simpler);
    }
  }
});
