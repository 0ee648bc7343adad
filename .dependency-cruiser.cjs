// The import directions of the design: cli, bench -> explore -> sim -> scenarios -> protocol.
const purePath = "^(protocol|scenarios|sim)/";
const testPath = "\\.test\\.ts$";

/** Folders on the left may import only the folders on the right (and npm packages). */
const allowed = {
  protocol: [],
  scenarios: ["protocol"],
  sim: ["scenarios", "protocol"],
  explore: ["sim", "scenarios", "protocol"],
  cli: ["explore", "sim", "scenarios", "protocol", "pg"],
  bench: ["explore", "sim", "scenarios", "protocol"],
  pg: ["scenarios", "protocol"],
};

const directions = Object.entries(allowed).map(([folder, targets]) => ({
  name: `${folder}-imports-${targets.join("-or-") || "nothing"}`,
  comment: `${folder}/ may import only itself${targets.map((target) => `, ${target}/`).join("")}`,
  severity: "error",
  from: { path: `^${folder}/`, pathNot: testPath },
  to: {
    path: "^[a-z]+/",
    pathNot: `^(${[folder, ...targets, "node_modules"].join("|")})/`,
    dependencyTypesNot: ["core"],
  },
}));

module.exports = {
  forbidden: [
    ...directions,
    {
      name: "pure-no-node-builtins",
      comment: "protocol, scenarios and sim run in a browser too and touch no file, socket or clock",
      severity: "error",
      from: { path: purePath, pathNot: testPath },
      to: { dependencyTypes: ["core"] },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "not-to-test",
      severity: "error",
      from: { pathNot: testPath },
      to: { path: testPath },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
