/**
 * Entries of the audit log in the Open Cybersecurity Schema Framework, for SIEMs: class 6003, API Activity.
 * https://schema.ocsf.io/1.8.0/classes/api_activity
 */
import { isIP } from "node:net";
import { version } from "../../base/version.ts";
import type { TrailRow } from "../sql/stream-trail.ts";

export const OCSF_VERSION = "1.8.0";

const CLASS_UID = 6_003;

interface Activity {
  id: number;
  name: string;
}

const ACTIVITIES: Readonly<Record<string, Activity>> = {
  POST: { id: 1, name: "Create" },
  GET: { id: 2, name: "Read" },
  HEAD: { id: 2, name: "Read" },
  PUT: { id: 3, name: "Update" },
  PATCH: { id: 3, name: "Update" },
  DELETE: { id: 4, name: "Delete" },
};
const OTHER: Activity = { id: 99, name: "Other" };

const SEVERITIES = { success: [1, "Informational"], refused: [2, "Low"], failed: [3, "Medium"] } as const;

/** Types of a user and of a token, by their numbers in the schema. */
const SERVICE_USER = 4;
const UNKNOWN_USER = 0;
const API_TOKEN = 7;

/** An entry as an event of OCSF. What the class has no attribute for is in `unmapped`. */
export function toOcsf(row: TrailRow): Record<string, unknown> {
  const { method, route, path, status, request_id: requestId, client_id: clientId, key_prefix: prefix } = row;
  const activity = ACTIVITIES[method] ?? OTHER;
  const [severityId, severity] = SEVERITIES[status < 400 ? "success" : status < 500 ? "refused" : "failed"];
  const erased = row.personal !== null && row.salt === null;
  const { address, user_agent: userAgent } = row;
  return {
    metadata: {
      version: OCSF_VERSION,
      product: { name: "Weir", vendor_name: "Weir", version },
      log_name: "audit",
      uid: requestId,
      // The entry's place in the audit trail.
      original_event_uid: `${row.lane}/${row.seal}/${row.leaf}`,
    },
    time: Date.parse(row.at),
    class_uid: CLASS_UID,
    class_name: "API Activity",
    category_uid: Math.floor(CLASS_UID / 1_000),
    category_name: "Application Activity",
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: CLASS_UID * 100 + activity.id,
    type_name: `API Activity: ${activity.name}`,
    severity_id: severityId,
    severity,
    status_id: status < 400 ? 1 : 2,
    status: status < 400 ? "Success" : "Failure",
    status_code: String(status),
    duration: row.duration_ms,
    actor: {
      user:
        clientId === null
          ? { name: "anonymous", type_id: UNKNOWN_USER }
          : { uid: clientId, name: clientId, type_id: SERVICE_USER },
    },
    api: {
      operation: `${method} ${route}`,
      service: { name: "weir" },
      request: { uid: requestId },
      response: { code: status },
      ...(prefix !== null && { token: { uid: prefix, type_id: API_TOKEN } }),
    },
    http_request: {
      http_method: method,
      url: { path },
      uid: requestId,
      body_length: row.bytes_in,
      ...(userAgent !== null && { user_agent: userAgent }),
    },
    http_response: {
      code: status,
      latency: row.duration_ms,
      ...(row.bytes_out !== null && { body_length: row.bytes_out }),
    },
    src_endpoint: {
      name: address ?? (erased ? "erased" : "unknown"),
      ...(address !== null && isIP(address) !== 0 && { ip: address }),
    },
    unmapped: {
      erased,
      ...(row.change !== null && { change: row.change }),
    },
  };
}
