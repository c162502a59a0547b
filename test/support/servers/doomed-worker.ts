/**
 * A worker in a separate process, to be killed: it receives one batch and processes it, but never acknowledges. Prints
 * its progress on standard output, one line each. Its settings are those of the worker function.
 */

import { createDeps } from "../../../lib/app/connect.ts";
import { loadConfig } from "../../../lib/config/config.ts";
import { drain } from "../../../lib/worker/process-batch.ts";

const deps = createDeps(loadConfig());
const messages = await deps.queue.receive({ maxMessages: 100, waitMs: 0 });
process.stdout.write(`received ${messages.length}\n`);
const failed = await drain(messages, deps);
process.stdout.write(`settled ${messages.length - failed.length}\n`);
// Its connections keep it alive until it is killed.
