/** Calls the function of the bundle `process.argv[2]` with each event that the parent sends. */
import { pathToFileURL } from "node:url";

const { handler } = await import(pathToFileURL(process.argv[2]).href);

process.on("message", async ({ id, event, remainingMs, withinMs }) => {
  const endsAt = Date.now() + remainingMs;
  const context = { functionName: "weir-test", getRemainingTimeInMillis: () => endsAt - Date.now() };
  const late = Promise.withResolvers();
  const timer = setTimeout(late.resolve, withinMs, { ended: "timed out" });
  const call = Promise.resolve(handler(event, context)).then(
    (answer) => ({ ended: "answered", answer: answer ?? {} }),
    (error) => ({ ended: "failed", error: String(error) }),
  );
  const outcome = await Promise.race([call, late.promise]);
  clearTimeout(timer);
  process.send({ id, outcome });
});
process.on("disconnect", () => process.exit());
