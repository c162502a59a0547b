/** All operations of the API. */

import * as analytics from "../analytics/contract.ts";
import * as properties from "../analytics/properties-contract.ts";
import * as audit from "../audit/contract.ts";
import * as auditErasure from "../audit/erase-contract.ts";
import * as auth from "../auth/contract.ts";
import * as clients from "../clients/contract.ts";
import * as webhookSources from "../clients/webhooks-contract.ts";
import * as erasures from "../erasure/contract.ts";
import * as events from "../events/contract.ts";
import * as exports from "../events/export-contract.ts";
import * as health from "../health/contract.ts";
import type { Operation } from "../http/operation.ts";
import * as ingest from "../ingest/contract.ts";
import * as otlp from "../ingest/otlp/contract.ts";
import * as segment from "../ingest/segment/contract.ts";
import * as webhooks from "../ingest/webhooks/contract.ts";
import * as meters from "../meters/contract.ts";
import * as meterDeclarations from "../meters/declare-contract.ts";
import * as pages from "../pages/contract.ts";
import * as quarantine from "../quarantine/contract.ts";
import * as queries from "../queries/contract.ts";

const isOperation = (value: unknown): value is Operation =>
  typeof value === "object" && value !== null && "function" in value && "path" in value;

/** By operation id. */
export const operations: Readonly<Record<string, Operation>> = Object.fromEntries(
  [
    ingest,
    segment,
    otlp,
    webhooks,
    events,
    exports,
    analytics,
    properties,
    queries,
    meters,
    meterDeclarations,
    audit,
    auditErasure,
    health,
    auth,
    clients,
    webhookSources,
    quarantine,
    erasures,
    pages,
  ]
    .flatMap((group): [string, unknown][] => Object.entries(group))
    .filter((entry): entry is [string, Operation] => isOperation(entry[1])),
);
