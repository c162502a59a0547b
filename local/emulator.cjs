/**
 * Brings serverless-offline closer to API Gateway where events would suffer. It is loaded as its "custom
 * authentication provider", which is called for each route with the chance to reach the HTTP server; it lets every
 * request pass, since Weir's functions check keys themselves.
 *
 * - serverless-offline decodes every body as UTF-8 text, which destroys gzip and lets invalid UTF-8 pass unseen. API
 *   Gateway hands over what is not text as base64. serverless-offline does so too if the parsed `content-type` says
 *   octet-stream; the function gets its headers from another place, as the client sent them.
 * - It parses JSON bodies only to use the text again. Called `text/plain` they aren't parsed.
 * - It writes the query anew, in which bytes that are not UTF-8 become U+FFFD. API Gateway hands it over as it was sent.
 * - A function that throws becomes a 200 with the stack trace in the body. API Gateway answers 500.
 * - It looks for a function's module anew at each call, up to the root of the file system. What has been loaded once stays
 *   the same here, see `watch` in serverless.yml, so it is found once.
 * - All functions share one process, so that a request waits for what else goes on there. The worker gets a thread.
 * - Its own refusals (body over 10 MB, malformed path) get the problem documents that Weir's answers have.
 * - Its log is bounded, see log-files.ts.
 */
const { isUtf8 } = require("node:buffer");
const { randomUUID } = require("node:crypto");
const { dirname, join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { functionThread } = require("./function-thread.ts");
const { printToLog } = require("./log-output.ts");
const { problemTypes, problemUri } = require("../lib/problem.ts");

const TEXT = /^(?:text\/|application\/(?:[^;]*\+)?json|application\/xml|application\/javascript)/i;
const CODES = {
  400: "invalid-parameter",
  404: "not-found",
  413: "payload-too-large",
  415: "unsupported-media-type",
};
/**
 * The function that has a thread of its own. Each of its steps would wait for a turn of the loop that answers requests,
 * the longer the more there are.
 */
const WORKER = "functions/worker.handler";
const prepared = new WeakSet();

/** Its way to load functions is in no module that it exports; it is imported when a function is first called. */
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
    // A module that could not be loaded is looked for again.
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

/** Puts the client's content type aside: a malformed one would be refused before a function could say so. */
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
  // Without one, the type of a body counts as JSON; it must not be guessed again from its bytes.
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
    known === 500 ? "The function failed; see the log." : "Refused before it reached a function.";
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
// Without it, under serverless-offline alone, the terminal is the log.
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
