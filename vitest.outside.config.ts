import { defineConfig } from "vitest/config";

/** `npm run test:outside`. Apart from the other tests: it needs Python and Go, and installs what it needs over the network. */
export default defineConfig({
  test: {
    include: ["test/outside/*.test.ts"],
    globalSetup: ["test/support/servers/servers.ts"],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
    pool: "forks",
    fileParallelism: false,
  },
});
