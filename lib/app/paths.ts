import { operations } from "./operations.ts";

/** All paths with their methods. Bundles hold the list, not the contract: serverless/esbuild-plugins.cjs. */
export const paths: readonly { path: string; methods: string[] }[] = [
  ...Map.groupBy(Object.values(operations), ({ path }) => path),
].map(([path, served]) => ({ path, methods: served.map(({ method }) => method).sort() }));
