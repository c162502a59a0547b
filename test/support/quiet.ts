/**
 * Buffers what the code under test prints, and prints it if a test fails. Most of it is logs and metrics of faults that
 * tests cause on purpose. vitest's `silent` buffers `console`; Weir's logger and metrics write to the streams.
 */
import { afterAll, afterEach, beforeEach } from "vitest";

/** How many characters are kept of a test that prints endlessly: the last ones. */
const MOST_KEPT = 200_000;

let kept = "";
const show = process.stderr.write.bind(process.stderr);

for (const stream of [process.stdout, process.stderr])
  stream.write = (chunk: string | Uint8Array, ...words: unknown[]): boolean => {
    const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    kept = (kept + text).slice(-MOST_KEPT);
    const done = words.find((word) => typeof word === "function");
    if (done) process.nextTick(done as () => void);
    return true;
  };

/** @param of the test or hook that printed it */
function flush(of: string): void {
  if (kept !== "") show(`\nPrinted by ${of}:\n${kept}\n`);
  kept = "";
}

beforeEach(({ task, onTestFailed }) => {
  onTestFailed(() => flush(`"${task.name}"`));
});

afterEach(({ task }) => {
  if (task.result?.state !== "fail") kept = "";
});

// Text printed while no test ran, such as in a hook.
// biome-ignore lint/correctness/noEmptyPattern: vitest reads from the function's source that it needs no fixtures.
afterAll(({}, { tasks, name, result }) => {
  if (result?.state === "fail" || tasks.some((task) => task.result?.state === "fail")) flush(name);
});

// If the process ends before its tests do.
process.once("exit", (code) => {
  if (code !== 0) flush("a process that ended early");
});
