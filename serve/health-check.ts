/** The container's health check: ends with 0 if the API of this container answers, otherwise with 1 and the reason. */
import { loadServeConfig } from "../lib/config/serve.ts";

const TIMEOUT_MS = 2_000;

const { serve, port } = loadServeConfig();
// Without the API, the process itself is all there is to check, and its end stops the container.
if (serve !== "background") {
  const problem = await fetch(`http://127.0.0.1:${port}/health/live`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).then(
    ({ ok, status }) => (ok ? undefined : `it answers with ${status}`),
    (error: Error) => error.message,
  );
  if (problem !== undefined) {
    console.error(`The API does not work: ${problem}.`);
    process.exitCode = 1;
  }
}
