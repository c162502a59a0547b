/** Every call that exists. */
import * as admin from "./admin.ts";
import * as analytics from "./analytics.ts";
import * as audit from "./audit.ts";
import * as erasures from "./erasures.ts";
import * as events from "./events.ts";
import * as exports from "./export.ts";
import * as health from "./health.ts";
import type { Operation } from "./operation.ts";
import * as properties from "./properties.ts";
import * as web from "./web.ts";

const isOperation = (value: unknown): value is Operation =>
  typeof value === "object" && value !== null && "function" in value && "path" in value;

/** By operation id. */
export const operations: Readonly<Record<string, Operation>> = Object.fromEntries(
  [events, exports, analytics, properties, audit, health, admin, erasures, web]
    .flatMap((group): [string, unknown][] => Object.entries(group))
    .filter((entry): entry is [string, Operation] => isOperation(entry[1])),
);
