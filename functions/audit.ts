/** The record of all calls. */
import { httpHandler, serve } from "../lib/api.ts";
import { listAudit } from "../lib/audit.ts";
import * as audit from "../lib/contract/audit.ts";
import { getDeps } from "../lib/deps-once.ts";

export const handler = httpHandler(getDeps, [serve(audit.listAudit, listAudit)]);
