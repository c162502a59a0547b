/** The settings that the projection assumes: the stage `prod` of serverless.yml, and the defaults of lib/config. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import { loadConfig } from "../../lib/config/config.ts";
import type { Settings } from "./project.ts";

// A dependency of the framework.
const { load } = createRequire(import.meta.url)("js-yaml") as { load: (text: string) => unknown };

const FILE = new URL("../../serverless.yml", import.meta.url);
const count = z.coerce.number().int().positive();
const schema = z.object({
  ingestConcurrency: count,
  workerConcurrency: count,
  analyticsConcurrency: count,
  auditConcurrency: count,
  healthConcurrency: count,
  adminConcurrency: count,
  webConcurrency: count,
  databaseMaxConnections: count,
  databaseSpareConnections: count,
  accountConcurrency: count,
  apiRequestsPerSecond: count,
});
/** maintenance, checkpoint and migrate. */
const ALONE = 3;

export function readSettings(): Settings {
  const file = z
    .object({ params: z.object({ default: z.looseObject({}), prod: z.looseObject({}) }) })
    .parse(load(readFileSync(FILE, "utf8")));
  const params = schema.parse({ ...file.params.default, ...file.params.prod });
  // Addresses are required; nothing connects to them.
  const config = loadConfig({
    DATABASE_URL: "postgres://localhost/weir",
    REDIS_URL: "redis://localhost",
  });
  const { retentionDays, dedupWindowSeconds, queueMaxEvents, queueMaxBytes } = config;
  return {
    ...params,
    retentionDays,
    dedupWindowSeconds,
    queueMaxEvents,
    queueMaxBytes,
    readers:
      params.analyticsConcurrency +
      params.auditConcurrency +
      params.healthConcurrency +
      params.adminConcurrency +
      params.webConcurrency +
      ALONE,
  };
}
