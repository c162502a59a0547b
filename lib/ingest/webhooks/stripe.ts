/** https://docs.stripe.com/webhooks#verify-manually, and `stripe` (`Webhook.signature`). */
import { unstorable } from "../../base/json.ts";
import { BEYOND_MS, parseTime } from "../../base/time.ts";
import { Problem } from "../../http/problem.ts";
import { memberOf, textMember } from "./members.ts";
import {
  hmac,
  isMalformed,
  isMissing,
  isTooOld,
  matchesAny,
  NO_MATCH,
  type Scheme,
  secondsOf,
  TOLERANCE_S,
} from "./scheme.ts";

const SIGNATURE = "Stripe-Signature";
/** More signatures than Stripe sends while a secret is replaced. */
const MOST_SIGNATURES = 16;

export const stripe: Scheme = {
  headers: ["stripe-signature"],

  check: ({ headers, body, receivedMs }, secrets) => {
    const header = headers["stripe-signature"];
    if (!header) return isMissing(SIGNATURE);
    const { time, signatures } = read(header);
    if (time === undefined || signatures.length === 0) return isMalformed(SIGNATURE);
    // As in Stripe's libraries, a clock that is ahead is no fault.
    if (Math.floor(receivedMs / 1_000) - Number(time) > TOLERANCE_S) return isTooOld(SIGNATURE);
    const expected = secrets.map((secret) => hmac(secret, [`${time}.`, body]));
    return matchesAny(expected, signatures) ? undefined : NO_MATCH;
  },

  describe: (_headers, data) => {
    const id = textMember(data, "id");
    const type = textMember(data, "type");
    if (!id || unstorable(id) !== undefined || !type || type.length > 200 || unstorable(type) !== undefined)
      throw new Problem(
        "malformed-request",
        "The body must be an event of Stripe, with id and type as strings.",
      );
    return { id, idFrom: "/id", type, time: timeOf(memberOf(data, "created")) };
  },
};

/** `t=1492774577,v1=5257a8…,v1=…`; other schemes, such as `v0` of test events, are ignored. */
function read(header: string): { time: string | undefined; signatures: Buffer[] } {
  let time: string | undefined;
  const signatures: Buffer[] = [];
  for (const part of header.split(",").slice(0, MOST_SIGNATURES)) {
    const at = part.indexOf("=");
    const [name, value] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    if (name === "t" && secondsOf(value) !== undefined) time = value;
    if (name === "v1" && /^[0-9a-f]{64}$/.test(value)) signatures.push(Buffer.from(value, "hex"));
  }
  return { time, signatures };
}

/** Seconds since the Unix epoch, or RFC 3339 in events of the API's second version. */
function timeOf(created: unknown): string | undefined {
  if (typeof created === "string") return parseTime(created)?.text;
  if (typeof created !== "number" || !(created >= 0 && created * 1_000 < BEYOND_MS)) return undefined;
  return new Date(created * 1_000).toISOString();
}
