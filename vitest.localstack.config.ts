import { defineConfig } from "vitest/config";

/** `npm run test:localstack`. Apart from the other tests: it installs LocalStack, for which it needs Python. */
export default defineConfig({
  test: {
    include: ["test/localstack/*.test.ts"],
    globalSetup: ["test/support/servers/servers.ts", "test/support/servers/localstack.ts"],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    pool: "forks",
    // LocalStack is one process of Python: files side by side would only wait for each other.
    fileParallelism: false,
  },
});
