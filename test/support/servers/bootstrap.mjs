/**
 * The other side of the Runtime API, as Lambda's own runtime for Node.js: loads the handler, then asks for events. AWS publishes
 * its runtime, aws-lambda-ric, which needs a C++ compiler and autoconf to install.
 */
import { pathToFileURL } from "node:url";

const {
  AWS_LAMBDA_RUNTIME_API,
  LAMBDA_TASK_ROOT,
  _HANDLER,
  AWS_LAMBDA_FUNCTION_NAME: functionName,
} = process.env;
const api = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

const post = (path, body) =>
  fetch(`${api}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body ?? null),
  });
const described = (error) => ({
  errorType: error?.name ?? "Error",
  errorMessage: error?.message ?? String(error),
});

const [file, member] = _HANDLER.split(".");
const handler = await import(pathToFileURL(`${LAMBDA_TASK_ROOT}/${file}.mjs`).href).then(
  (module) => module[member],
  async (error) => {
    await post("/init/error", described(error));
    process.exit(1);
  },
);

for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const deadline = Number(next.headers.get("lambda-runtime-deadline-ms"));
  const context = {
    functionName,
    awsRequestId: id,
    invokedFunctionArn: next.headers.get("lambda-runtime-invoked-function-arn"),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    await post(`/invocation/${id}/response`, await handler(await next.json(), context));
  } catch (error) {
    await post(`/invocation/${id}/error`, described(error));
  }
}
