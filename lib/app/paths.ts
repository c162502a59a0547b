import { operations } from "./operations.ts";

/** Every path there is, with its methods. A bundle holds the list and not the contract: serverless/esbuild-plugins.cjs. */
export const paths: readonly { path: string; methods: string[] }[] = [
  ...Map.groupBy(Object.values(operations), ({ path }) => path),
].map(([path, served]) => ({ path, methods: served.map(({ method }) => method).sort() }));
