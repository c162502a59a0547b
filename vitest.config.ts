import { defineConfig } from "vitest/config";

/** Need no server, so that one of them runs in seconds. */
const UNIT = "test/unit/**/*.test.ts";

export default defineConfig({
  test: {
    // A test prints only where it fails.
    setupFiles: ["test/support/quiet.ts"],
    silent: "passed-only",
    // Real servers on a shared machine: slow is not broken, only hanging is.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    teardownTimeout: 60_000,
    pool: "forks",
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: "unit", include: [UNIT] } },
      {
        extends: true,
        test: {
          name: "servers",
          include: ["test/**/*.test.ts"],
          // Runs of their own: bin/run.mjs names them after `npm test`.
          exclude: [UNIT, "test/package/**", "test/localstack/**", "test/outside/**", "test/browser/**"],
          globalSetup: ["test/support/servers/servers.ts"],
        },
      },
    ],
  },
});
