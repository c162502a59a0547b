/** Loaded before the server's program: sends its output to log files whose size is bounded. */
import { join } from "node:path";
import { printToLog } from "./log-output.ts";

const { WEIR_LOG_DIR, SERVE } = process.env;
// Two processes can't share a file that each of them may rename.
if (WEIR_LOG_DIR) printToLog(SERVE === "background" ? join(WEIR_LOG_DIR, "background") : WEIR_LOG_DIR);
