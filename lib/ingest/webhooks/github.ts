/** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries, and `@octokit/webhooks-methods`. */
import { unstorable } from "../../base/json.ts";
import { Problem } from "../../http/problem.ts";
import { textMember } from "./members.ts";
import { hmac, isMalformed, isMissing, matchesAny, NO_MATCH, type Scheme } from "./scheme.ts";

const SIGNATURE = "X-Hub-Signature-256";
/** Longest `event_type`, in UTF-16 code units. */
const LONGEST = 200;

export const github: Scheme = {
  // The type decides how the body is read.
  headers: ["content-type", "x-github-delivery", "x-github-event", "x-hub-signature-256"],

  check: ({ headers, body }, secrets) => {
    const sent = headers["x-hub-signature-256"];
    if (!sent) return isMissing(SIGNATURE);
    const [, hex] = /^sha256=([0-9a-f]{64})$/.exec(sent) ?? [];
    if (hex === undefined) return isMalformed(SIGNATURE);
    const expected = secrets.map((secret) => hmac(secret, [body]));
    return matchesAny(expected, [Buffer.from(hex, "hex")]) ? undefined : NO_MATCH;
  },

  describe: (headers, data) => {
    const id = named(headers["x-github-delivery"], "X-GitHub-Delivery");
    const event = named(headers["x-github-event"], "X-GitHub-Event");
    const action = textMember(data, "action");
    const type = action ? `${event}.${action}` : event;
    const fits = type.length <= LONGEST && unstorable(type) === undefined;
    return { id, idFrom: "X-GitHub-Delivery", type: fits ? type : event };
  },
};

/** The signature does not cover these headers, so they are checked only for their form. */
function named(value: string | undefined, header: string): string {
  if (value !== undefined && /^[!-~]{1,200}$/.test(value)) return value;
  throw new Problem("malformed-request", value ? isMalformed(header) : isMissing(header));
}
