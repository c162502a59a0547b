import { defineConfig } from "vitest/config";

/** `npm run test:browser`. Apart from the other tests: it needs Chromium. */
export default defineConfig({
  test: {
    include: ["test/browser/*.test.ts"],
    globalSetup: ["test/browser/support/chromium.ts", "test/support/servers/servers.ts"],
    testTimeout: 120_000,
    // An answer may take seconds on a busy machine.
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 240_000,
    teardownTimeout: 60_000,
    pool: "forks",
    // A browser and a system each: files side by side would only wait for each other.
    fileParallelism: false,
  },
});
