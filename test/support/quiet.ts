/**
 * Keeps back what the code under test prints, and shows it where a test fails. Most of it are logs and metrics of faults that
 * tests make on purpose. `console` is vitest's own and is kept back by `silent`; Weir's logger and its metrics write to the
 * streams.
 */
import { afterAll, afterEach, beforeEach } from "vitest";

/** Of a test that prints without end, the last so many characters. */
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

/** @param of whose it is */
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

// What was printed while no test ran, such as in a hook.
// biome-ignore lint/correctness/noEmptyPattern: vitest reads from the text of the function that it wants no fixtures.
afterAll(({}, { tasks, name, result }) => {
  if (result?.state === "fail" || tasks.some((task) => task.result?.state === "fail")) flush(name);
});

// Where the process ends before its tests do.
process.once("exit", (code) => {
  if (code !== 0) flush("a process that ended early");
});
