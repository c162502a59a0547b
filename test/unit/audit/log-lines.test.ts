import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLogLine } from "../../../lib/audit/record/log-lines.ts";
import { logAudit } from "../../../lib/audit/record/queue-row.ts";
import { newSecret, secretPrefix } from "../../../lib/base/ids.ts";
import { createLogger } from "../../../lib/base/log.ts";
import type { AuditHeader, AuditRow } from "../../../lib/queue/message.ts";
import { capturePrinted } from "../../support/audit/logged.ts";
import { anAuditRow } from "../../support/pipeline.ts";

const row = (audit: Partial<AuditRow> = {}): AuditHeader => ({
  v: 1,
  id: randomUUID(),
  at: 1_795_000_000_000,
  audit: { ...(anAuditRow("acme") as AuditRow), ...audit },
});

/** Returns the line as a function prints it. */
function printed(header: AuditHeader): string {
  const out = capturePrinted();
  logAudit(createLogger({ logLevel: "ERROR" }), header, new Error('connect ECONNREFUSED\n "quoted"'));
  out.stop();
  return out.text().trimEnd();
}

const events = (...messages: string[]): object => ({
  events: messages.map((message, n) => ({
    logStreamName: "2026/11/23/[$LATEST]0123456789abcdef",
    timestamp: 1_795_000_000_000 + n,
    message: `${message}\n`,
    ingestionTime: 1_795_000_000_001,
    eventId: String(n),
  })),
  searchedLogStreams: [],
});

const readAll = (text: string) =>
  text
    .split("\n")
    .map((line) => readLogLine(line))
    .reduce((sum, { rows, bad }) => ({ rows: [...sum.rows, ...rows], bad: [...sum.bad, ...bad] }));

describe("a logged audit row is read", () => {
  const one = row({ change: { before: null, after: { name: "x" } }, user_agent: 'a "b" {c}\u2028\\n' });
  const two = row({ client_id: null, bytes_out: null });
  const [first, second] = [printed(one), printed(two)];
  const noise = [
    "",
    "START RequestId: 1",
    '{"level":"INFO","message":"migrated"}',
    "{",
    '"message": "audit"',
  ];

  it.each([
    ["as functions print it", [...noise, first, second].join("\n")],
    ["after a prefix by Lambda or a container", `x | 2026-11-23T12:00:00Z\t1\tERROR\t${first}\n${second}`],
    [
      "from aws logs tail",
      [first, second]
        .map((line) => `2026-11-23T12:00:00.000000+00:00 2026/11/23/[$LATEST]0123 ${line}`)
        .join("\n"),
    ],
    ["from filter-log-events, indented", JSON.stringify(events(...noise, first, second), null, 4)],
    ["from filter-log-events, on one line", JSON.stringify(events(first, ...noise, second))],
    [
      "from one event a line",
      [first, second].map((one) => JSON.stringify({ timestamp: 1, message: `${one}\n` })).join("\n"),
    ],
    ["from text with tabs", `EVENTS\t1\t2\t${first}\tstream\t3\nEVENTS\t1\t2\t${second}\tstream\t3`],
    [
      "from its message alone, as jq prints it",
      `${JSON.stringify(first)}\n${JSON.stringify({ message: second })}`,
    ],
  ])("%s", (_, text) => {
    const found = readAll(text);
    expect(found).toEqual({ rows: [one, two], bad: [] });
  });

  it("with any text in it", () => {
    const text = fc.string({ unit: "binary" }).map((one) => one.toWellFormed().replaceAll("\0", ""));
    fc.assert(
      fc.property(text, text, (path, agent) => {
        const header = row({ path: path.slice(0, 1_000), user_agent: agent.slice(0, 1_000) });
        const line = JSON.stringify({ message: "audit-not-queued", audit: header });
        expect(readLogLine(JSON.stringify(events(line)))).toEqual({ rows: [header], bad: [] });
      }),
    );
  });
});

describe("a line that only looks like an audit row", () => {
  const line = (header: object): string => JSON.stringify({ message: "audit-not-queued", audit: header });
  const good = row();
  it.each([
    ["is cut short", line(good).slice(0, -20), "truncated"],
    ["has no row", line({ v: 1, id: good.id, at: 1 }), "audit.audit"],
    ["has another version", line({ ...good, v: 2 }), "audit.v"],
    ["has an invalid id", line({ ...good, id: "'; DROP TABLE audit_log" }), "audit.id"],
    ["has a time out of reach", line({ ...good, at: 1e18 }), "audit.at"],
    [
      "has an invalid status",
      line({ ...good, audit: { ...good.audit, status: 70_000 } }),
      "audit.audit.status",
    ],
    ["has negative bytes", line({ ...good, audit: { ...good.audit, bytes_in: -1 } }), "audit.audit.bytes_in"],
  ])("is reported if it %s", (_, text, reason) => {
    const { rows, bad } = readLogLine(text);
    expect(rows).toEqual([]);
    expect(bad).toHaveLength(1);
    expect(bad[0]).toContain(reason);
  });

  it("is read without unknown members, and with keys and NUL replaced", () => {
    const secret = newSecret("acme");
    const edited = {
      ...good,
      recovered: true,
      accepted: 5,
      audit: { ...good.audit, path: `/${secret}\0`, more: 1 },
    };
    const path = `/${secretPrefix(secret)}\ufffd`;
    expect(readLogLine(line(edited)).rows).toEqual([{ ...good, audit: { ...good.audit, path } }]);
  });
});
