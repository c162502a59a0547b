/** The entry of the command line `weir`. */
import { isOldNode, oldNodeAdvice } from "./node-version.ts";

if (oldNodeAdvice !== undefined) {
  console.error(oldNodeAdvice);
  process.exit(2);
}
// What Node 20 lacks, before anything that uses it is loaded.
if (isOldNode) await import("./node-20.ts");
const { run } = await import("./run.ts");
await run();
