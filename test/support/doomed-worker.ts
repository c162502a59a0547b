/**
 * A worker in a process of its own, to be killed: it receives one batch and settles it, but never acknowledges. Says on
 * standard output how far it has come, a word a line. Its settings are the worker function's own.
 */

import { createDeps } from "../../lib/app/connect.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { drain } from "../../lib/worker/settle-batch.ts";

const deps = createDeps(loadConfig());
const messages = await deps.queue.receive({ maxMessages: 100, waitMs: 0 });
process.stdout.write(`received ${messages.length}\n`);
const failed = await drain(messages, deps);
process.stdout.write(`settled ${messages.length - failed.length}\n`);
// Its connections keep it alive until it is killed.
