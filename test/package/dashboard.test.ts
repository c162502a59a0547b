/** The dashboard of the packaged stack, and what the guide says about the fixed costs of watching. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measureHealth } from "../../lib/health/health.ts";
import { ofType, PROJECT, packageStack, type Template } from "./stack.ts";

interface Widget {
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { title: string; metrics: unknown[][] };
}

/** Metrics that the function health writes when every server answers. */
async function written(): Promise<string[]> {
  const load = { duplicates: 1, quarantined: 1, connectionsPercent: 1 };
  const depth = { messages: 1, events: 1, oldestAgeMs: 1, deadLetters: 1, drainPerSecond: 1 };
  const deps = { sql: async () => [load], queue: { depth: async () => depth } };
  const up = { status: "up", latency_ms: 1 };
  const health = {
    status: "ok",
    checks: { database: up, redis: up, queue: up },
    partitions: { runway_days: 35, default_rows: 0 },
  };
  type Arguments = Parameters<typeof measureHealth>;
  const metrics = await measureHealth(deps as unknown as Arguments[0], health as unknown as Arguments[1]);
  return Object.keys(metrics);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-dashboard-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(["sqs", "redis"])("with QUEUE=%s", (queue) => {
  let template: Template;
  let widgets: Widget[];
  beforeAll(async () => {
    template = (await packageStack(join(folder, queue), "prod", queue)).template;
    const [dashboard] = ofType(template, "AWS::CloudWatch::Dashboard");
    const body: string = dashboard?.[1].Properties.DashboardBody["Fn::Sub"];
    for (const [, name = ""] of body.matchAll(/\$\{(\w+)[^}]*\}/g))
      if (name !== "AWS") expect(template.Resources, name).toHaveProperty(name);
    widgets = JSON.parse(body).widgets;
  });

  it("shows traffic, latency, lag, duplicates, quarantine, connections and what costs", () => {
    const titles = widgets.map(({ properties }) => properties.title).join("\n");
    for (const subject of ["Requests", "Latency", "Age", "Duplicates", "quarantine", "Connections", "Cost"])
      expect(titles).toContain(subject);
  });

  it("shows only metrics of Weir that the function health writes", async () => {
    const shown = widgets
      .flatMap(({ properties }) => properties.metrics)
      .filter(([namespace]) => namespace === "Weir")
      .map(([, name]) => String(name));
    const known = await written();
    expect(shown.filter((name) => !known.includes(name))).toEqual([]);
    for (const name of ["Duplicates", "Quarantined", "DatabaseConnections"]) expect(shown).toContain(name);
  });

  it("has widgets that don't overlap", () => {
    const cells = widgets.flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, n) => `${x + (n % width)},${y + Math.floor(n / width)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });

  it("has as many alarms and metrics as the guide adds up", async () => {
    const guide = await readFile(join(PROJECT, "docs/operations.md"), "utf8");
    const alarms = ofType(template, "AWS::CloudWatch::Alarm").length;
    expect(guide).toContain(`${alarms} alarms at $0.10; ${(await written()).length} custom metrics at $0.30`);
  });
});
