/**
 * Runs one bundle in a separate Node.js process, and prints its start time in milliseconds.
 * @param {string} process.argv[2] the bundle
 * @param {string} process.argv[3] the first event as JSON; without one, the bundle is only loaded
 */
const [, , file, event] = process.argv;
// The event loop reports idle time only after it has started.
await new Promise(setImmediate);
const begun = process.cpuUsage();
const start = performance.now();
const { handler } = await import(file);
const loaded = performance.now();
const { idle } = performance.eventLoopUtilization();
if (event) {
  const answer = await handler(JSON.parse(event), {
    getRemainingTimeInMillis: () => 30_000,
    functionName: "bench",
  });
  if (answer?.statusCode >= 400) throw new Error(`${answer.statusCode} ${answer.body}`);
}
const answered = performance.now();
const { user, system } = process.cpuUsage(begun);
console.log(
  JSON.stringify({
    load: loaded - start,
    answer: answered - loaded,
    // Wait for Redis, PostgreSQL and SQS to connect and reply.
    waited: performance.eventLoopUtilization().idle - idle,
    both: answered - start,
    processor: (user + system) / 1_000,
  }),
);
process.exit();
