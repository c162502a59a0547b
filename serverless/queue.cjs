/**
 * The queue of a deployment, from QUEUE. It has no default: after a deployment with another queue than the one before nobody
 * reads the other, and a forgotten variable must not decide that.
 */
const { readdirSync } = require("node:fs");

/** The queues that have a file here; `local` is never deployed. */
const known = readdirSync(__dirname).flatMap((file) => /^queue-(?!local)(.+)\.yml$/.exec(file)?.[1] ?? []);

module.exports = async ({ resolveVariable }) => {
  const { QUEUE: queue } = process.env;
  if (known.includes(queue)) return { queue };
  // The stage sets its own, which overrides this one.
  if ((await resolveVariable("sls:stage")) === "local") return { queue: "local" };
  // Any other command finds the stack by its name, whatever its queue.
  if (queue === undefined && !["package", "deploy"].some((word) => process.argv.includes(word)))
    return { queue: known[0] };
  const error = new Error(
    `Set QUEUE to ${known.toSorted().join(" or ")}, the same for each deployment of a stage: see "SQS or Redis" in docs/operations.md.`,
  );
  // The framework prints it.
  error.stack = error.message;
  throw error;
};
