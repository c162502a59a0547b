/**
 * What the bundler leaves out. zod exports its messages in every language as one member of `z`, so that no bundler can
 * see that they are unused: a third of each bundle. The English ones come by a way of their own.
 */
const LOCALES = /\/locales\/index\.js$/;

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
];
