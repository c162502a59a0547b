/** Schemathesis calls every operation of the running system, with valid and invalid requests by its API document. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as segment from "../../lib/ingest/segment/contract.ts";
import { atEnd } from "../support/cleanup.ts";
import { run } from "../support/command.ts";
import { anEvent } from "../support/pipeline.ts";
import { pythonTool } from "../support/python-tool.ts";
import { type System, testSystem } from "../support/servers/system.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const HERE = new URL("./", import.meta.url).pathname;
const VERSION = "4.32.5";
/** Printed with a failure, to reproduce it. */
const SEED = Number(process.env.SCHEMATHESIS_SEED ?? 20_261_124);

/** Fuzzing cases for each operation and kind. Without a key nearly all get the same answer. */
const EXAMPLES = { adminKey: 10, apiKey: 10, none: 1 };
type Key = keyof typeof EXAMPLES;

let schemathesis: string;
/** The operations that each key calls. */
let targets: Record<Key, { system: System; settings: string }>;
beforeAll(async () => {
  schemathesis = join((await pythonTool(PROJECT, "schemathesis", VERSION)).bin, "schemathesis");
  // API Gateway accepts 10 kB of headers and URL, Node.js 16 kB. The document does not contain these limits.
  const environment = { NODE_OPTIONS: "--max-http-header-size=524288" };
  const made = async () => {
    const system = await testSystem(environment);
    return { system, settings: await configuration(system) };
  };
  // An admin's calls deactivate clients and revoke keys, so the client's key has another system.
  const [admins, clients] = [await made(), await made()];
  targets = { adminKey: admins, apiKey: clients, none: clients };
});

/** Rules of the API that JSON Schema can't express, each with the statuses of calls that violate it. */
const BEYOND_SCHEMAS: Record<string, { accepts?: number[]; refuses?: number[] }> = {
  // A timestamp within the retention; ids that a URL can contain; the depth of a payload; the number of events. In a
  // CloudEvent, null counts as absence.
  sendEvents: { accepts: [413, 422], refuses: [202, 413] },
  // The same, and: in protobuf's JSON, null counts as absence, and a number may be a text.
  sendLogs: { accepts: [400, 413], refuses: [200, 413] },
  // Segment's senders read no errors of single calls: invalid ones are answered with 200, and are in quarantine.
  ...Object.fromEntries(
    Object.entries(segment)
      .filter(([, operation]) => "method" in operation && operation.method === "POST")
      .map(([id]) => [id, { accepts: [400, 413], refuses: [200, 413] }]),
  ),
  // The form of a secret, which depends on the kind of the source.
  createWebhook: { accepts: [422] },
  addWebhookSecret: { accepts: [422] },
  // The origin of a page.
  createClient: { accepts: [422] },
  changeClient: { accepts: [422] },
  // A cursor of this feed.
  followAudit: { accepts: [400] },
  // Which parameters belong to which order.
  listEvents: { accepts: [400] },
  // A cursor of this list and, for an export, of this format.
  listQuarantine: { accepts: [400] },
  listCheckpoints: { accepts: [400] },
  exportAudit: { accepts: [400] },
  // The length of a property in a condition; and Python's \s matches characters that JavaScript's does not.
  getFunnel: { accepts: [422] },
  // The same; the names of time zones; the maximum number of buckets.
  createQuery: { accepts: [422] },
  // A cursor of this list, of which a new system has one page.
  getHealthHistory: { accepts: [400] },
  // The maximum number of buckets.
  getSeries: { accepts: [400] },
  // measure and property, or a meter; and a meter's own names in by and where.
  countEvents: { accepts: [400] },
  groupEvents: { accepts: [400] },
  // Two dimensions of one name; the levels of a property.
  createMeter: { accepts: [422] },
  // A cursor of this list.
  listMeters: { accepts: [400] },
  getUniques: { accepts: [400] },
  // A time in the future.
  createKey: { accepts: [422] },
};
/** What the check accepts anyway: limits of other servers, and states, which the document does not define. */
const ACCEPTED = ["2xx", "401", "403", "404", "409", "429", "5xx"];
const REFUSED = ["400", "401", "403", "404", "405", "406", "409", "415", "422", "428", "429", "5xx"];

async function configuration(system: System): Promise<string> {
  const lines = ['[parameters]\ntz = "Europe/Berlin"\nwhere = ["payload.magnitude>=4.5", "!payload.user"]\n'];
  for (const [id, { accepts = [], refuses = [] }] of Object.entries(BEYOND_SCHEMAS)) {
    lines.push(`[[operations]]\ninclude-operation-id = "${id}"`);
    const checks = {
      positive_data_acceptance: [ACCEPTED, accepts],
      negative_data_rejection: [REFUSED, refuses],
    };
    for (const [check, statuses] of Object.entries(checks))
      lines.push(`checks.${check}.expected-statuses = ${JSON.stringify(statuses.flat().map(String))}`);
  }
  for (const [id, cursor] of Object.entries(await cursors(system)))
    lines.push(`[[operations]]\ninclude-operation-id = "${id}"\nparameters = { cursor = "${cursor}" }`);
  return lines.join("\n");
}

/** A valid cursor of each list: no schema distinguishes it from other base64url. */
async function cursors({ post, settled, newClient, api, stack }: System): Promise<Record<string, string>> {
  await settled((await post({ events: [anEvent(), anEvent()] })).body.receipt_id);
  await newClient({ client_id: "one-more", name: "One more" });
  const key = stack.adminKey;
  for (const value of ["ann", "bob"])
    await api.call("POST", "/v1/erasures", {
      key,
      body: { client: "demo", property: "payload.user", value },
    });
  for (const source of ["one", "two"])
    await api.call("POST", "/v1/clients/one-more/webhooks", { key, body: { source, kind: "github" } });
  for (const scope of ["read", "ingest"])
    await api.call("POST", "/v1/clients/one-more/keys", { key, body: { scopes: [scope] } });
  for (const property of ["payload.user", "payload.n"])
    await api.call("POST", "/v1/queries", { key, body: { kind: "top", property } });
  const paths = {
    listKeys: "/v1/clients/one-more/keys?limit=1",
    listQueries: "/v1/queries?limit=1",
    listEvents: "/v1/events?limit=1",
    exportEvents: "/v1/events/export?limit=1",
    listClients: "/v1/clients?limit=1",
    listErasures: "/v1/erasures?limit=1",
    listWebhooks: "/v1/clients/one-more/webhooks?limit=1",
    listAudit: "/v1/audit?limit=1",
    verifyAudit: "/v1/audit/verify?limit=1",
  };
  const found: Record<string, string> = {};
  for (const [id, path] of Object.entries(paths)) {
    const { body, headers } = await api.call("GET", path, { key });
    found[id] = body?.next_cursor ?? headers.get("x-next-cursor") ?? "";
    expect(found[id], id).not.toBe("");
  }
  return found;
}

describe("every operation conforms to its OpenAPI description", () => {
  // Concurrently, since Schemathesis spends most of its time on generating calls. With one worker each: with more, a seed
  // generates different calls each time, and threads corrupt each other's parsing in Python 3.11 (python/cpython#106905).
  it.concurrent.each(["adminKey", "apiKey", "none"] as const)("called with %s", async (name) => {
    const { system, settings } = targets[name];
    const { stack, get } = system;
    const folder = await mkdtemp(join(tmpdir(), "weir-schemathesis-"));
    atEnd(() => rm(folder, { recursive: true, force: true }));
    await writeFile(join(folder, "schemathesis.toml"), settings);
    const words = [
      "--checks=all",
      "--phases=examples,coverage,fuzzing",
      `--max-examples=${EXAMPLES[name]}`,
      `--seed=${SEED}`,
      "--continue-on-failure",
      "--workers=1",
    ];
    if (name !== "none") words.push("--header", `X-API-Key: ${stack[name]}`);
    const { code, output } = await run(schemathesis, ["run", `${stack.url}/openapi.json`, ...words], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        PYTHONPATH: HERE,
        PYTHONDONTWRITEBYTECODE: "1",
        SCHEMATHESIS_HOOKS: "schemathesis_hooks",
      },
    });
    expect(code, output).toBe(0);
    // Otherwise every call may have been refused, which violates no rule of the document.
    if (name !== "none") expect((await get("/v1/events?limit=1", stack[name])).status).toBe(200);
  });
});
