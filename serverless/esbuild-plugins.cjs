/**
 * What the bundler leaves out. zod exports its messages in every language as one member of `z`, so that no bundler can
 * see that they are unused: a third of each bundle. The English ones come by a way of their own.
 */
const { isBuiltin } = require("node:module");

const LOCALES = /\/locales\/index\.js$/;
const AWS = /[\\/]node_modules[\\/](?:@aws-sdk|@smithy|@aws)[\\/]/;

module.exports = [
  {
    name: "without-zod-locales",
    setup(build) {
      build.onResolve({ filter: LOCALES }, ({ importer }) =>
        /[\\/]zod[\\/]/.test(importer) ? { path: "zod-locales", namespace: "left-out" } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "export {};" }));
    },
  },
  {
    /**
     * The SDK of AWS is loaded with the first call of SQS. Its imports of Node's own modules are not: the bundler puts them
     * at the top of the file, where each function's start pays for them, and for all that `node:http` exports, an HTTP
     * client of 40 ms among it. Required, they wait until the SDK runs.
     */
    name: "aws-sdk-requires-builtins",
    setup(build) {
      build.onResolve({ filter: /^(?:node:)?[a-z_/0-9]+$/ }, ({ path, importer, namespace }) => {
        if (namespace === "required") return { path, external: true };
        return isBuiltin(path) && AWS.test(importer) ? { path, namespace: "required" } : undefined;
      });
      build.onLoad({ filter: /.*/, namespace: "required" }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)});`,
      }));
    },
  },
];
