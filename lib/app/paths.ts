import { operations } from "./operations.ts";

/**
 * All paths with their methods, and those that pages of other origins may call. Bundles hold the list, not the contract:
 * serverless/esbuild-plugins.cjs.
 */
export const paths: readonly { path: string; methods: string[]; cors: string[] }[] = [
  ...Map.groupBy(Object.values(operations), ({ path }) => path),
].map(([path, served]) => ({
  path,
  methods: served.map(({ method }) => method).sort(),
  cors: served.flatMap(({ method, cors }) => (cors ? method : [])).sort(),
}));
