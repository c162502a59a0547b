import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // A run of its own, `npm run package:check`.
    exclude: ["test/package/**"],
    globalSetup: ["test/support/servers.ts"],
    // Real servers on a shared machine: slow is not broken, only hanging is.
    testTimeout: 60_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    pool: "forks",
    maxWorkers: 3,
  },
});
