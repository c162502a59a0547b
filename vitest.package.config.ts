import { defineConfig } from "vitest/config";

/** `npm run package:check`. Apart from the other tests: it needs Python, and packages every stage with every queue. */
export default defineConfig({
  test: {
    include: ["test/package/*.test.ts"],
    testTimeout: 120_000,
    // The linter is installed in there, over the network.
    hookTimeout: 600_000,
    pool: "forks",
    // serverless-esbuild keeps one folder for all, `.serverless`, while it works.
    fileParallelism: false,
  },
});
