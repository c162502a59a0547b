/**
 * Adapts serverless-offline to API Gateway where a difference would affect events. It is loaded as the "custom
 * authentication provider", which is called for each route and has access to the HTTP server. It accepts every request,
 * since Weir's functions check keys themselves.
 *
 * - serverless-offline decodes every body as UTF-8 text, which destroys gzip and hides invalid UTF-8. API Gateway passes
 *   binary bodies as base64. serverless-offline does the same if the parsed `content-type` is octet-stream; the function
 *   still receives the headers as the client sent them.
 * - It parses JSON bodies, but then uses the text. Declared as `text/plain`, they are not parsed.
 * - It re-encodes the query, so that bytes that are not UTF-8 become U+FFFD. API Gateway passes the query as sent.
 * - If a function throws, it answers 200 with the stack trace in the body. API Gateway answers 500.
 * - It searches a function's module at each call, up to the root of the file system. Loaded modules do not change here, see
 *   `watch` in serverless.yml, so each is searched once.
 * - All functions share one process, so requests wait for other work there. The worker gets its own thread.
 * - Its own error responses (body over 10 MB, malformed path) become problem documents like Weir's.
 * - Its log size is bounded, see log-files.ts.
 */
const { isUtf8 } = require("node:buffer");
const { randomUUID } = require("node:crypto");
const { dirname, join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { functionThread } = require("./function-thread.ts");
const { printToLog } = require("./log-output.ts");
const { problemTypes, problemUri } = require("../lib/http/problem.ts");

const TEXT = /^(?:text\/|application\/(?:[^;]*\+)?json|application\/xml|application\/javascript)/i;
const CODES = {
  400: "invalid-parameter",
  404: "not-found",
  413: "payload-too-large",
  415: "unsupported-media-type",
};
/**
 * The function that has its own thread. Otherwise each of its steps would wait for the event loop that answers requests,
 * and longer the more requests there are.
 */
const WORKER = "functions/worker.handler";
const prepared = new WeakSet();

/** The function loader is not in an exported module; it is imported with the first call of a function. */
function loadOnce() {
  const source = dirname(require.resolve("serverless-offline"));
  const loader = require(
    join(source, "lambda/handler-runner/in-process-runner/aws-lambda-ric/UserFunction.js"),
  );
  const { load } = loader;
  const handlers = new Map();
  loader.load = (root, name) => {
    const known = handlers.get(name);
    if (known !== undefined) return known;
    const forget = () => handlers.delete(name);
    const loading = name.endsWith(WORKER)
      ? Promise.resolve(functionThread(moduleUrl(root, name), forget))
      : load(root, name);
    handlers.set(name, loading);
    // A module that failed to load is tried again.
    loading.catch(forget);
    return loading;
  };
}

const moduleUrl = (root, name) =>
  pathToFileURL(`${resolve(root, name.slice(0, name.lastIndexOf(".")))}.mjs`).href;

function prepare(server) {
  if (prepared.has(server)) return;
  prepared.add(server);
  server.ext("onRequest", keepContentType);
  server.ext("onPreHandler", keepQuery);
  server.ext("onPreHandler", markBinary);
  server.ext("onPreResponse", describeFailure);
}

/** Saves and replaces the client's content type: a malformed one would be rejected before it reaches a function. */
function keepContentType(request, h) {
  const { headers } = request;
  request.app.contentType = headers["content-type"] ?? "application/json";
  if (headers["content-type"] !== undefined) headers["content-type"] = "text/plain";
  return h.continue;
}

function keepQuery(request, h) {
  const sent = request.raw.req.url.split("#", 1)[0];
  const query = sent.includes("?") ? sent.slice(sent.indexOf("?") + 1) : "";
  request.url.searchParams.toString = () => query;
  return h.continue;
}

function markBinary(request, h) {
  const { headers, payload } = request;
  // A body without a type counts as JSON; its type must not be guessed from its bytes.
  if (request.mime === null) request.mime = "text/plain";
  if (Buffer.isBuffer(payload) && isBinary(headers["content-encoding"], request.app.contentType, payload))
    headers["content-type"] = "application/octet-stream";
  return h.continue;
}

function isBinary(encoding, type, bytes) {
  return (
    (encoding !== undefined && encoding.toLowerCase() !== "identity") || !TEXT.test(type) || !isUtf8(bytes)
  );
}

function describeFailure(request, h) {
  const { response } = request;
  if (response.isBoom) return problem(h, response.output.statusCode);
  const { source } = response;
  if (response.statusCode === 200 && typeof source === "string" && source.startsWith('{"errorMessage":'))
    return problem(h, 500);
  return h.continue;
}

function problem(h, status) {
  const id = randomUUID();
  const code = CODES[status] ?? "internal-error";
  const { title, status: known } = problemTypes[code];
  const detail =
    known === 500 ? "The function failed; see the log." : "Rejected before it reached a function.";
  const document = { type: problemUri(code), title, status: known, detail, instance: `urn:uuid:${id}`, code };
  return h
    .response(JSON.stringify(document))
    .code(known)
    .type("application/problem+json")
    .charset("")
    .header("cache-control", "no-store")
    .header("x-content-type-options", "nosniff")
    .header("x-request-id", id);
}

loadOnce();
// Without the variable, under plain serverless-offline, the log goes to the terminal.
if (process.env.WEIR_LOG_DIR) printToLog(process.env.WEIR_LOG_DIR);
let routes = 0;

module.exports = () => {
  const name = `weir-${routes++}`;
  return {
    name,
    scheme: name,
    getAuthenticateFunction: (server) => {
      prepare(server);
      return { authenticate: (_request, h) => h.authenticated({ credentials: { context: {} } }) };
    },
  };
};
