import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{protocol,scenarios,sim,explore,cli,bench,docs,pg}/**/*.test.ts"],
    // A run is deterministic work, not waiting: only a hang should ever reach this.
    testTimeout: 300_000,
    // Left to itself it keeps one core free, of two.
    maxWorkers: "100%",
    hookTimeout: 300_000,
  },
});
