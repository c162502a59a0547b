/**
 * Runs one bundle in a Node.js that knows nothing else, and prints how long its start took.
 * @param {string} process.argv[2] the bundle
 * @param {string} process.argv[3] the first event as JSON; without one, the bundle is only loaded
 */
const [, , file, event] = process.argv;
const start = performance.now();
const { handler } = await import(file);
const loaded = performance.now();
if (event) {
  const answer = await handler(JSON.parse(event), {
    getRemainingTimeInMillis: () => 30_000,
    functionName: "bench",
  });
  if (answer?.statusCode >= 400) throw new Error(`${answer.statusCode} ${answer.body}`);
}
const answered = performance.now();
console.log(
  JSON.stringify({ boot: start, load: loaded - start, answer: answered - loaded, both: answered - start }),
);
process.exit();
