/** Every call that exists. */

import * as analytics from "../analytics/contract.ts";
import * as properties from "../analytics/properties-contract.ts";
import * as audit from "../audit/contract.ts";
import * as admin from "../clients/contract.ts";
import * as erasures from "../erasure/contract.ts";
import * as events from "../events/contract.ts";
import * as exports from "../events/export-contract.ts";
import * as health from "../health/contract.ts";
import type { Operation } from "../http/operation.ts";
import * as web from "./contract.ts";

const isOperation = (value: unknown): value is Operation =>
  typeof value === "object" && value !== null && "function" in value && "path" in value;

/** By operation id. */
export const operations: Readonly<Record<string, Operation>> = Object.fromEntries(
  [events, exports, analytics, properties, audit, health, admin, erasures, web]
    .flatMap((group): [string, unknown][] => Object.entries(group))
    .filter((entry): entry is [string, Operation] => isOperation(entry[1])),
);
