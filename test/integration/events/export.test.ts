import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { listEvents } from "../../../lib/events/contract.ts";
import { exportEvents } from "../../../lib/events/export-contract.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { parseCsv } from "../../support/http/csv.ts";
import { readPieces } from "../../support/http/pages.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { askerOf, insertMany } from "../../support/http/reading.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { type Outcome, weir as runWeir } from "../../support/weir.ts";

const deps = await testDeps();
const acme = await askerOf(deps, "acme");

/** Runs the command line with these arguments. */
const weir = (...words: string[]): Promise<Outcome> =>
  runWeir(words, { DATABASE_URL: deps.config.databaseUrl, REDIS_URL: deps.config.redisUrl });

const exported = (query: Record<string, string>): Promise<string[]> => readPieces(acme, exportEvents, query);

describe("GET /v1/events/export", () => {
  const TYPE = '=type "1", ü';

  beforeAll(() =>
    insertMany(deps, 60, (n) => ({
      event_id: n % 2 ? `-e\r\n${n}` : `'e-${n}`,
      event_type: TYPE,
      event_time: new Date(Date.now() - n * 1_000).toISOString(),
      payload: `{"n":${n},"big":12345678901234567890,"text":"a, \\"b\\""}`,
    })),
  );

  test("returns as NDJSON what the list returns, one event a line", async () => {
    const query = { event_type: TYPE, where: "payload.n>=7" };
    const list = await acme(listEvents, { query: { ...query, limit: "1000" } });
    const pieces = await exported({ ...query, limit: "10" });
    expect(pieces).toHaveLength(6);
    const lines = pieces.join("").split("\n");
    expect(lines.pop()).toBe("");
    expect(`{"events":[${lines.join(",")}],"next_cursor":null}`).toBe(list.text);
    expect(lines).toHaveLength(53);
    expect(await exported(query)).toEqual([pieces.join("")]);
  });

  test("returns CSV with one header and unchanged texts", async () => {
    const pieces = await exported({ event_type: TYPE, format: "csv", limit: "7" });
    expect(pieces).toHaveLength(9);
    const [head, ...rows] = parseCsv(pieces.join(""));
    const list = await acme(listEvents, { query: { event_type: TYPE } });
    const events = list.body.events as Record<string, unknown>[];
    expect(head).toEqual([
      "client_id", "event_id", "event_type", "timestamp", "received_at", "processed_at", "processing_latency_ms",
      "receipt_id", "payload", "traceparent",
    ]); // biome-ignore format: one name after the other
    expect(rows).toHaveLength(60);
    for (const [index, row] of rows.entries()) {
      const event = events[index] ?? {};
      const expected = head?.slice(0, -2).map((name) => String(event[name]));
      expect(row.slice(0, -2).map((text) => text.replace(/^'/, ""))).toEqual(expected);
      expect(row.at(-1)).toBe("");
      expect(row.at(-2)).toBe(`{"n":${index},"big":12345678901234567890,"text":"a, \\"b\\""}`);
      expect(row[1]).toMatch(/^'['-]/);
      expect(row[2]).toBe(`'${TYPE}`);
    }
  });

  test("names the file and its type", async () => {
    const csv = await acme(exportEvents, { query: { format: "csv" } });
    expect(csv.headers).toMatchObject({
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="events.csv"',
    });
    const ndjson = await acme(exportEvents, { query: { event_type: "none" } });
    expect([ndjson.text, ndjson.headers["content-type"]]).toEqual(["", "application/x-ndjson"]);
    const bad = await acme(exportEvents, { query: { format: "xml" } });
    expectProblem(bad, 400, "invalid-parameter", "format");
    const cursor = await acme(exportEvents, { query: { cursor: "bm9uZQ" } });
    expectProblem(cursor, 400, "invalid-parameter", "cursor");
  });

  test.each(["ndjson", "csv"])("ends a piece of large events early, as %s", async (format) => {
    const event_type = `large-${format}`;
    const payload = JSON.stringify({ list: Array(180_000).fill("") });
    await insertMany(deps, 9, (n) => ({ event_type, event_id: `${format}-l-${n}`, payload }));
    const pieces = await exported({ event_type, format });
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join("").match(/l-\d/g)).toHaveLength(9);
    // The connection whose statement was abandoned serves the next query.
    expect((await acme(listEvents, { query: { limit: "1" } })).status).toBe(200);
  });
});

describe("weir events export", () => {
  test("writes the complete file from any number of pieces", async () => {
    const folder = await temporaryFolder();
    const start = Date.now() - 86_400_000;
    await insertMany(deps, 10_500, (n) => ({
      event_type: "file",
      event_time: new Date(start + n).toISOString(),
      payload: `{"n":${n}}`,
    }));
    for (const format of ["ndjson", "csv"]) {
      const out = join(folder, `events.${format}`);
      const words = ["events", "export", "--type", "file", "--where", "payload.n>=100", "--format", format];
      const outcome = await weir(...words, "--out", out);
      const said = expect.stringMatching(/^10400 events, \d\.\d MB$/);
      expect(outcome).toEqual({ code: 0, out: "", err: said });
      const pieces = await exported({ event_type: "file", where: "payload.n>=100", format });
      expect(await readFile(out, "utf8")).toBe(pieces.join(""));
    }
    expect((await readdir(folder)).sort()).toEqual(["events.csv", "events.ndjson"]);
  });

  test("writes to standard output, and reports errors", async () => {
    const last = ["--type", "file", "--where", "payload.n>=10498", "--client", "acme"];
    const { code, out } = await weir("events", "export", ...last);
    expect([code, out.split("\n").length]).toEqual([0, 3]);
    expect((await weir("events", "export", "--where", "n>1")).err).toContain("It must begin with payload");
    const nowhere = await weir("events", "export", ...last, "--out", "/nowhere/at/all");
    expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining("no such file or directory")]);
  });
});
